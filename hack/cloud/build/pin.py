"""Maintenance: writes go.mod and go.sum in go/ again, after a version in versions.py or a command in targets.py changed.

    python -m cloud.build.pin MODULE...          (needs the module proxy; look at the difference before you commit it)

A command of another module can be built at a fixed version only from a module that requires it. That module must repeat
the replacements of the upstream's go.mod, since Go reads them in the main module only; where upstream replaces by a
folder of its own tree, the published module of the same release takes its place.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud.build import versions as v
from cloud.build.golang import MODULES, go, source
from cloud.build.targets import GO

IN_FORCE = "{{.Path}} {{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}"
MODULE_OF_PACKAGE = "{{with .Module}}{{.Path}} {{.Version}}{{end}}"
"""What `go list` is to print of each module, and of each package."""


@dataclass(frozen=True)
class Pin:
    """What a module of go/ is made from.

    upstream: module -> version, whose commands we build. The replacements of a single one are repeated; several share
    the newest of what each requires, so that what they have in common is compiled once.
    released: path prefix -> version of what upstream replaces by folders of its own tree.
    replaced: module -> folder of ours, for a module that is not served.
    like: another module of go/, pinned before, whose versions are taken of all that both need: so that is compiled once.
    """

    upstream: Mapping[str, str]
    released: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    like: str = ""


PINS = {
    "etcd": Pin({"go.etcd.io/etcd/server/v3": v.ETCD}, released={"go.etcd.io/etcd/": v.ETCD}),
    "kubernetes": Pin({"k8s.io/kubernetes": v.KUBERNETES}, released={"k8s.io/": v.KUBERNETES_LIBRARIES}),
    "containerd": Pin(
        {"github.com/containerd/containerd/v2": v.CONTAINERD},
        released={"github.com/containerd/containerd/api": v.CONTAINERD_API},
    ),
    "cni": Pin({"github.com/containernetworking/plugins": v.CNI_PLUGINS}),
    "multus": Pin({"gopkg.in/k8snetworkplumbingwg/multus-cni.v4": v.MULTUS}),
    "kubevirt": Pin(
        {"kubevirt.io/kubevirt": v.KUBEVIRT},
        released={"kubevirt.io/": v.KUBEVIRT},
        replaced={"libguestfs.org/libnbd": "./libnbd"},
    ),
    "cdi": Pin(
        {"kubevirt.io/containerized-data-importer": v.CDI},
        released={"kubevirt.io/containerized-data-importer-api": v.CDI},
        replaced={"libguestfs.org/libnbd": "./libnbd"},
    ),
    "addons": Pin(
        {
            "github.com/kubernetes-csi/external-provisioner/v6": v.PROVISIONER,
            "github.com/kubernetes-csi/external-resizer/v2": v.RESIZER,
            "github.com/kubernetes-csi/external-snapshotter/v8": v.SNAPSHOTTER,
            "github.com/kubernetes-csi/external-snapshotter/client/v8": v.SNAPSHOTTER,
            "sigs.k8s.io/kwok": v.KWOK,
            "helm.sh/helm/v3": v.HELM,
        }
    ),
    "registry": Pin({"github.com/distribution/distribution/v3": v.REGISTRY}),
    "cert-manager": Pin({"github.com/cert-manager/cert-manager": v.CERT_MANAGER}),
    "argo-cd": Pin({"github.com/argoproj/argo-cd/v3": v.ARGO_CD}),
    "kind": Pin({"sigs.k8s.io/kind": v.KIND}),
    "metrics-server": Pin({"sigs.k8s.io/metrics-server": v.METRICS_SERVER}, like="kubernetes"),
    "prometheus": Pin({"github.com/prometheus/prometheus": v.PROMETHEUS}),
}


def pin(name: str) -> None:
    """Writes go.mod and go.sum of one module of go/."""
    wanted, module = PINS[name], MODULES / name
    module.mkdir(exist_ok=True)
    (module / "go.mod").write_text(f"module vireo.dev/cloud/{name}\n")
    sources = [source(module, f"{path}@{version}") for path, version in wanted.upstream.items()]
    # Their own sums first: the checksum database does not know every module that they require.
    (module / "go.sum").write_text("".join((folder / "go.sum").read_text() for folder in sources))
    edits = [f"-require={path}@{version}" for path, version in wanted.upstream.items()]
    edits += [f"-replace={old}={new}" for old, new in wanted.replaced.items()]
    if len(sources) == 1:
        edits += _repeated(_read(sources[0]), wanted.released)
    edits += [f"-tool={package}" for package in _commands(module)]
    go(module, "mod", "edit", *edits)
    go(module, "mod", "tidy")
    if wanted.like:
        _follow(module, MODULES / wanted.like)


def _follow(module: Path, other: Path) -> None:
    """Makes the module use the other's versions of what both need."""
    theirs = dict(_versions(go(other, "list", "-m", "-f", IN_FORCE, "all")))
    ours = set(_versions(go(module, "list", "-deps", "-f", MODULE_OF_PACKAGE, *_commands(module))))
    other_version = {path: theirs[path] for path, version in sorted(ours) if theirs.get(path, version) != version}
    with (module / "go.sum").open("a") as sums:
        sums.write((other / "go.sum").read_text())
    go(module, "mod", "edit", *(f"-replace={path}={path}@{version}" for path, version in other_version.items()))
    go(module, "mod", "tidy")


def _versions(listed: str) -> Iterator[tuple[str, str]]:
    """Module and version of each line that has both."""
    for line in listed.splitlines():
        path, _, version = line.partition(" ")
        if version:
            yield path, version


def _read(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(go(folder, "mod", "edit", "-json"))
    return content


def _repeated(upstream: dict[str, Any], released: Mapping[str, str]) -> Iterator[str]:
    """What Go reads in the main module's go.mod only, as edits of ours."""
    yield f"-go={upstream['Go']}"
    for debug in upstream.get("Godebug") or []:
        yield f"-godebug={debug['Key']}={debug['Value']}"
    for replacement in upstream.get("Replace") or []:
        old, new = replacement["Old"]["Path"], replacement["New"]
        if not new["Path"].startswith("."):
            yield f"-replace={old}={new['Path']}@{new['Version']}"
        elif version := next((version for prefix, version in released.items() if old.startswith(prefix)), None):
            yield f"-replace={old}={old}@{version}"


def _commands(module: Path) -> list[str]:
    """The packages of others that the table builds from this module."""
    packages = [package for target in GO if target.module == module for package in target.commands.values()]
    return [package for package in packages if not package.startswith("./")]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        pin(argument)
