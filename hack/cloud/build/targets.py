"""The table of all that can be built. A new binary or image is one entry here."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cloud.build import oci
from cloud.build import versions as v
from cloud.build.clang import InModule, StaticC
from cloud.build.debian import DebianLayer
from cloud.build.files import ModuleFiles
from cloud.build.golang import MODULES, GoBinaries
from cloud.build.guest import DisklessGuest, GuestDisk
from cloud.build.images import OciImage, programs, static_image
from cloud.build.oci import NET_BIND_SERVICE, Entry
from cloud.build.target import Built, Target

_HERE = Path(__file__).parent

_COMPONENT_BASE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = v.KUBERNETES.removeprefix("v").split(".")
_KUBERNETES_STAMPS = {
    "all": f"{_COMPONENT_BASE}.gitVersion={v.KUBERNETES} {_COMPONENT_BASE}.gitMajor={_MAJOR} "
    f"{_COMPONENT_BASE}.gitMinor={_MINOR} {_COMPONENT_BASE}.gitTreeState=clean"
}

_KUBEVIRT_COMMANDS = (
    "virt-operator",
    "virt-api",
    "virt-controller",
    "virt-handler",
    "virt-chroot",
    "virt-launcher",
    "virt-launcher-monitor",
    "virt-probe",
    "virt-tail",
    "virt-freezer",
    "virt-exportproxy",
    "virt-exportserver",
    "virtctl",
)

_KUBEVIRT_ALONE = ("virt-operator", "virt-api", "virt-controller", "virt-exportproxy", "virt-exportserver")
"""Each the one program of its image."""

_CDI_ALONE = ("cdi-operator", "cdi-apiserver")
"""Need nothing beside them."""
_CDI_WITH_TOOLS = ("cdi-controller", "cdi-importer", "cdi-uploadserver")
"""Run qemu-img, nbdkit and tar; or are looked at by `cat`, as cdi-controller."""

_CSI_VERSIONS = {
    "external-provisioner/v6/cmd/csi-provisioner": v.PROVISIONER,
    "external-resizer/v2/cmd/csi-resizer": v.RESIZER,
    "external-snapshotter/v8/cmd/csi-snapshotter": v.SNAPSHOTTER,
    "external-snapshotter/v8/cmd/snapshot-controller": v.SNAPSHOTTER,
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
        }
        | {"tap": "./tap"},
        stamps={"all": f"github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion={v.CNI_PLUGINS}"},
    ),
    GoBinaries(
        "multus",
        MODULES / "multus",
        {"multus": "gopkg.in/k8snetworkplumbingwg/multus-cni.v4/cmd/multus"},
        stamps={"all": f"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/multus.version={v.MULTUS}"},
    ),
    GoBinaries(
        "registry",
        MODULES / "registry",
        {"registry": "github.com/distribution/distribution/v3/cmd/registry"},
        stamps={"all": f"github.com/distribution/distribution/v3/version.version={v.REGISTRY}"},
    ),
    # All in one build with C on, although only four talk to libvirt: with it off the others would need nearly every
    # package compiled once more.
    GoBinaries(
        "kubevirt",
        MODULES / "kubevirt",
        {
            **{name: f"kubevirt.io/kubevirt/cmd/{name}" for name in _KUBEVIRT_COMMANDS},
            "kubevirt-manifests": "./manifests",
        },
        stamps={"all": f"kubevirt.io/client-go/version.gitVersion={v.KUBEVIRT}"},
        tags=("netgo", "osusergo"),
        static=_KUBEVIRT_ALONE,
        cgo=("gcc", "libc6-dev", "pkg-config", "libvirt-dev"),
    ),
    GoBinaries(
        "cdi",
        MODULES / "cdi",
        {
            **{
                name: f"kubevirt.io/containerized-data-importer/cmd/{name}"
                for name in (*_CDI_ALONE, *_CDI_WITH_TOOLS, "cdi-cloner")
            },
            "cdi-manifests": "./manifests",
        },
        stamps={"all": f"kubevirt.io/containerized-data-importer/pkg/version.gitVersion={v.CDI}"},
        tags=("containers_image_openpgp",),  # no gpgme: nobody asks the importer for signatures
    ),
    GoBinaries(
        "csi",
        MODULES / "addons",
        {path.rpartition("/")[2]: f"github.com/kubernetes-csi/{path}" for path in _CSI_VERSIONS},
        stamps={
            f"github.com/kubernetes-csi/{path}": f"main.version={version}" for path, version in _CSI_VERSIONS.items()
        },
    ),
    GoBinaries(
        "metrics",
        MODULES / "metrics-server",
        {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"},
        stamps={"all": f"k8s.io/client-go/pkg/version.gitVersion={v.METRICS_SERVER}"},
    ),
    # What finds targets is left out, but for what asks the API server: the SDKs of twenty clouds would be most of it.
    *(
        GoBinaries(
            name,
            MODULES / "prometheus",
            {name: f"github.com/prometheus/prometheus/cmd/{name}"},
            stamps={"all": f"github.com/prometheus/common/version.Version={v.PROMETHEUS}"},
            tags=("remove_all_sd", *finds),
        )
        for name, finds in {"promtool": (), "prometheus": ("enable_kubernetes_sd",)}.items()
    ),
    GoBinaries("csi-driver", _HERE.parent / "storage/driver", {"csi-files": "vireo.dev/csi-files"}),
    GoBinaries("kwok", MODULES / "addons", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
    GoBinaries(
        "helm",
        MODULES / "addons",
        {"helm": "helm.sh/helm/v3/cmd/helm"},
        stamps={"all": f"helm.sh/helm/v3/internal/version.version={v.HELM}"},
    ),
    GoBinaries("kind", MODULES / "kind", {"kind": "sigs.k8s.io/kind"}),
    GoBinaries(
        "cert-manager",
        MODULES / "cert-manager",
        {"cert-manager": "./host"},
        stamps={"all": f"github.com/cert-manager/cert-manager/pkg/util.AppVersion={v.CERT_MANAGER}"},
    ),
    # What ArgoCD thinks of an object, by its own packages: for the tests of deploy/.
    GoBinaries("argo-cd", MODULES / "argo-cd", {"argo-cd-engine": "./engine"}),
)

C: Sequence[StaticC] = (
    StaticC("sandbox", _HERE / "c/sandbox.c"),
    StaticC(
        "container-disk",
        InModule(MODULES / "kubevirt", "kubevirt.io/kubevirt", "cmd/container-disk-v2alpha/main.c"),
    ),
)

# What virt-launcher, virt-handler and CDI's importer run: QEMU, libvirt and nbdkit as Debian has them, without what a headless
# x86 machine never needs.
MACHINE_TOOLS = DebianLayer(
    "machine-tools",
    v.DEBIAN,
    packages=(
        *(
            "base-files",
            "bash",
            "coreutils",
            "dash",
            "findutils",
            "grep",
            "iproute2",
            "mount",
            "nftables",
            "procps",
            "sed",
        ),
        *("tar", "util-linux", "xorriso", "libvirt-clients", "libvirt-daemon", "libvirt-daemon-driver-qemu"),
        *("libvirt-daemon-log", "qemu-system-x86", "qemu-utils", "seabios", "nbdkit"),
    ),
    dropped=(
        *("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/perl*", "usr/share/bash*"),
        *("usr/share/zoneinfo", "usr/share/icons", "usr/share/polkit-1", "usr/share/lintian", "usr/share/applications"),
        *("usr/share/bug", "usr/share/metainfo", "usr/lib/systemd", "usr/lib/x86_64-linux-gnu/systemd"),
        *("usr/lib/x86_64-linux-gnu/perl*", "usr/bin/perl*", "var/lib/dpkg"),
        *("usr/bin/qemu-system-i386", "usr/bin/qemu-system-x86_64-microvm", "usr/bin/qemu-io", "usr/bin/qemu-nbd"),
        *("usr/share/qemu/openbios-*", "usr/share/qemu/s390-*", "usr/share/qemu/skiboot*", "usr/share/qemu/slof*"),
        *("usr/share/qemu/*.dtb", "usr/share/qemu/hppa-*", "usr/share/qemu/opensbi-*", "usr/share/qemu/u-boot*"),
        *("usr/share/qemu/palcode-*", "usr/share/qemu/QEMU,*", "usr/share/qemu/vof*", "usr/share/qemu/npcm*"),
        *("usr/lib/x86_64-linux-gnu/nbdkit/plugins/nbdkit-torrent-plugin.so", "usr/lib/x86_64-linux-gnu/libtorrent-*"),
        *("usr/lib/ipxe", "usr/lib/x86_64-linux-gnu/qemu/audio-*", "usr/lib/x86_64-linux-gnu/qemu/ui-curses.so"),
    ),
)

_KUBEVIRT_ROOT = (
    *oci.tree(_HERE / "rootfs/kubevirt"),
    Entry("var/run", link="../run"),  # relative: virt-handler walks it through /proc/PID/root
    Entry("home/qemu", owner=107),
    Entry("var/lib/kubevirt-node-labeller"),
)

_TOOLS_ROOT = oci.tree(_HERE / "rootfs/static")

# The API of VolumeSnapshots, which no driver brings along: the cluster's administrator installs it.
SNAPSHOT_CRDS = ModuleFiles(
    "snapshot-crds",
    MODULES / "addons",
    "github.com/kubernetes-csi/external-snapshotter/client/v8",
    [
        f"config/crd/snapshot.storage.k8s.io_{plural}.yaml"
        for plural in ("volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots")
    ],
)

# The API of attachments: the cluster's administrator installs it with Multus.
ATTACHMENT_CRD = ModuleFiles(
    "attachment-crd",
    MODULES / "multus",
    "github.com/k8snetworkplumbingwg/network-attachment-definition-client",
    ["artifacts/networks-crd.yaml"],
)

CERT_MANAGER_CRDS = ModuleFiles(
    "cert-manager-crds",
    MODULES / "cert-manager",
    "github.com/cert-manager/cert-manager",
    [
        f"deploy/crds/cert-manager.io_{plural}.yaml"
        for plural in ("certificaterequests", "certificates", "clusterissuers", "issuers")
    ],
)

CDI_CLONER_START = ModuleFiles(
    "cdi-cloner-start",
    MODULES / "cdi",
    "kubevirt.io/containerized-data-importer",
    ["cmd/cdi-cloner/cloner_startup.sh"],
)

# Debian 12's kernel reaches the guest's greeting in half the instructions of Debian 13's, which counts under emulation.
GUEST_PACKAGES = DebianLayer(
    "guest-packages",
    "bookworm",
    packages=("busybox-static", "iproute2", "linux-image-cloud-amd64", "nftables", "qemu-guest-agent"),
    dropped=("usr/share", "usr/lib/python3*", "usr/lib/systemd", "var/lib/dpkg"),
)
BUSYBOX = DebianLayer("busybox", v.DEBIAN, packages=("busybox-static",), dropped=("usr/share", "var/lib/dpkg"))
GUEST_DISK = GuestDisk("guest-disk", "guest-packages", _HERE.parent / "guest", size=64)
# What a node is to the bridge plugin, with a kernel that filters VLANs: for the tests that send frames.
FRAMES_GUEST = DisklessGuest(
    "frames-guest",
    "guest-packages",
    _HERE / "rootfs/frames-guest",
    programs=("bin/ip", "sbin/bridge", "usr/sbin/nft"),
    others={"opt/cni/bin/bridge": Built("cni", "bridge")},
)

IMAGES: Sequence[OciImage] = (
    static_image("pause", {"/pause": Built("sandbox", "sandbox")}, user="65535", tag="1"),  # as node.py names it
    *(
        static_image(name, {f"/usr/bin/{name}": Built("kubevirt", name)}, user="1001", tag=v.KUBEVIRT)
        for name in _KUBEVIRT_ALONE
    ),
    OciImage(
        "virt-handler",
        (*_KUBEVIRT_ROOT, *programs("usr/bin", "kubevirt", ("virt-handler", "virt-chroot"))),
        entrypoint=("/usr/bin/virt-handler",),
        tag=v.KUBEVIRT,
        base=("machine-tools",),
    ),
    OciImage(
        "virt-launcher",
        (
            *_KUBEVIRT_ROOT,
            *programs("usr/bin", "kubevirt", ("virt-launcher", "virt-probe", "virt-tail", "virt-freezer")),
            *programs("usr/bin", "container-disk", ("container-disk",)),
            Entry(
                "usr/bin/virt-launcher-monitor",
                Built("kubevirt", "virt-launcher-monitor"),
                capabilities=NET_BIND_SERVICE,
            ),
        ),
        entrypoint=("/usr/bin/virt-launcher",),
        tag=v.KUBEVIRT,
        base=("machine-tools",),
    ),
    *(static_image(name, {f"/usr/bin/{name}": Built("cdi", name)}, user="1001", tag=v.CDI) for name in _CDI_ALONE),
    *(
        OciImage(
            name,
            (*_TOOLS_ROOT, *programs("usr/bin", "cdi", (name,))),
            entrypoint=(f"/usr/bin/{name}", "-alsologtostderr"),
            user="1001",
            tag=v.CDI,
            base=("machine-tools",),
        )
        for name in _CDI_WITH_TOOLS
    ),
    OciImage(
        "cdi-cloner",
        (
            *_TOOLS_ROOT,
            *programs("usr/bin", "cdi", ("cdi-cloner",)),
            *programs("usr/bin", "cdi-cloner-start", ("cloner_startup.sh",)),
        ),
        entrypoint=("/usr/bin/cloner_startup.sh",),
        user="1001",
        tag=v.CDI,
        base=("machine-tools",),
    ),
    static_image("metrics-server", {"/metrics-server": Built("metrics", "metrics-server")}, tag=v.METRICS_SERVER),
    # For Vireo's chart, which runs a scheduler in pods: at the path that its upstream's image has.
    static_image(
        "kube-scheduler", {"/usr/local/bin/kube-scheduler": Built("kubernetes", "kube-scheduler")}, tag=v.KUBERNETES
    ),
    static_image("csi-files", {"/csi-files": Built("csi-driver", "csi-files")}, user="0"),
    *(
        static_image(name, {f"/{name}": Built("csi", name)})
        for name in ("csi-provisioner", "csi-resizer", "csi-snapshotter", "snapshot-controller")
    ),
    OciImage(
        "guest",
        (Entry("disk", owner=107), Entry("disk/disk.img", Built("guest-disk", "disk.img"), mode=0o440, owner=107)),
        tag="1",
    ),
    # For workloads: a web server that is not root, and says hello.
    OciImage(
        "hello",
        (*oci.tree(_HERE / "rootfs/static"), *oci.tree(_HERE / "rootfs/hello")),
        entrypoint=("busybox", "httpd", "-f", "-p", "8080", "-h", "/srv"),
        user="65532",
        tag="1",
        base=("busybox",),
        stop_signal="SIGKILL",
    ),
    # For the tests' pods: a shell and what it needs, in a layer that the nodes have anyway.
    OciImage("tools", _TOOLS_ROOT, entrypoint=("/usr/bin/bash",), base=("machine-tools",), stop_signal="SIGKILL"),
)

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        MACHINE_TOOLS,
        GUEST_PACKAGES,
        GUEST_DISK,
        FRAMES_GUEST,
        BUSYBOX,
        SNAPSHOT_CRDS,
        ATTACHMENT_CRD,
        CERT_MANAGER_CRDS,
        CDI_CLONER_START,
        *GO,
        *C,
        *IMAGES,
    )
}
BINARIES: Mapping[str, str] = {
    **{binary: target.name for target in GO for binary in target.commands},
    **{target.name: target.name for target in C},
}
