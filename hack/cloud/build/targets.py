"""The table of all that can be built. A new binary or image is one entry here."""

from collections.abc import Mapping, Sequence

from cloud.build import versions as v
from cloud.build.golang import MODULES, GoBinaries
from cloud.build.target import Target

_COMPONENT_BASE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = v.KUBERNETES.removeprefix("v").split(".")
_KUBERNETES_STAMPS = {
    "all": f"{_COMPONENT_BASE}.gitVersion={v.KUBERNETES} {_COMPONENT_BASE}.gitMajor={_MAJOR} "
    f"{_COMPONENT_BASE}.gitMinor={_MINOR} {_COMPONENT_BASE}.gitTreeState=clean"
}

# In the order in which they are wanted: what takes longest to come up after it was built is built first.
GO: Sequence[GoBinaries] = (
    GoBinaries("etcd", MODULES / "etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    GoBinaries(
        "kubernetes",
        MODULES / "kubernetes",
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in (
                "kube-apiserver",
                "kube-controller-manager",
                "kube-scheduler",
                "kubectl",
                "kubelet",
                "kube-proxy",
            )
        },
        stamps=_KUBERNETES_STAMPS,
    ),
    GoBinaries(
        "containerd",
        MODULES / "containerd",
        {
            name: f"github.com/containerd/containerd/v2/cmd/{name}"
            for name in ("containerd", "ctr", "containerd-shim-runc-v2")
        },
        stamps={"all": f"github.com/containerd/containerd/v2/version.Version={v.CONTAINERD}"},
        tags=("no_btrfs", "no_devmapper", "no_zfs"),
    ),
    GoBinaries(
        "cni",
        MODULES / "cni",
        {
            path.rpartition("/")[2]: f"github.com/containernetworking/plugins/plugins/{path}"
            for path in ("main/bridge", "main/loopback", "ipam/host-local", "ipam/static", "meta/portmap")
        },
        stamps={"all": f"github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion={v.CNI_PLUGINS}"},
    ),
)

TARGETS: Mapping[str, Target] = {target.name: target for target in GO}
BINARIES: Mapping[str, str] = {binary: target.name for target in GO for binary in target.commands}
