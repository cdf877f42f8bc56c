"""An API server of its own in whose cluster nothing happens by itself: no controllers, no scheduler, no nodes.

So what two operators left behind can be compared to the last field. Types that it does not know (KubeVirt's, snapshots') it takes as
they come: it is asked to keep them, and nobody reads them but Vireo.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from api.bare import BARE
from api.conftest import CRDS, FILES, NAMESPACES, wait_until_served
from api.server import APPLY, Server

from cloud import build, claim, control_plane
from cloud.down import down
from cloud.settings import Settings
from cloud.steps import Steps
from vireo.api.kind import Kind
from vireo.api.names import GROUP
from vireo.api.resources import Resource

BUILT_IN: Final = frozenset({"", "apps", "batch", "storage.k8s.io", "events.k8s.io", "apiregistration.k8s.io"})
_OPEN: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@contextmanager
def still_server(folder: Path, kinds: Iterable[Kind[Any, Any]]) -> Iterator[str]:
    """The kubeconfig of an API server that knows the kinds, and what they watch."""
    settings, steps = Settings.from_environment({**os.environ, **BARE, "VIREO_CLOUD": str(folder)}), Steps()
    build.ensure(["etcd", "kube-apiserver"], steps)
    try:
        with claim.exclusive(settings):
            settings = claim.take(settings)
            settings.log.mkdir()
            control_plane.deploy_api_server(settings, steps)
        Server(str(settings.kubeconfig)).must("POST", NAMESPACES, {"metadata": {"name": "kubevirt"}})
        _teach(Server(str(settings.kubeconfig)), kinds)
        yield str(settings.kubeconfig)
    finally:
        down(Settings.from_environment({**os.environ, **BARE, "VIREO_CLOUD": str(folder)}))


def _teach(server: Server, kinds: Iterable[Kind[Any, Any]]) -> None:
    """Vireo's own types by their real CRDs, others' by open ones."""
    ours = {crd["metadata"]["name"]: crd for crd in (yaml.safe_load(file.read_text()) for file in FILES)}
    watched = {watch.resource for kind in kinds for watch in kind.watches if watch.resource.group not in BUILT_IN}
    others = (watched | {kind.resource for kind in kinds}) - {one for one in watched if str(one) in ours}
    crds = [*ours.values(), *(open_crd(one) for one in sorted(others) if str(one) not in ours)]
    for crd in crds:
        server.must("PATCH", f"{CRDS}/{crd['metadata']['name']}", crd, APPLY, fieldManager="tests", force="true")
    for crd in crds:
        wait_until_served(server, crd)


def open_crd(resource: Resource) -> Mapping[str, Any]:
    """A type whose inside is anybody's."""
    schema = {"type": "object", "properties": {"spec": _OPEN, "status": _OPEN, "data": _OPEN}}
    version: dict[str, Any] = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    if resource.group == GROUP:
        version["subresources"] = {"status": {}}
    names = {"plural": resource.plural, "singular": resource.kind.lower(), "kind": resource.kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": str(resource), "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
        "spec": {
            "group": resource.group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": names,
            "versions": [version],
        },
    }
