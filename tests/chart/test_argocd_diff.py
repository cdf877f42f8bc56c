"""The examples as ArgoCD applies them: its own engine sees no difference between them and what lives once Vireo has worked on them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
import yaml
from api.replicas.replica import NAMESPACE as LEASES_NAMESPACE
from api.replicas.replica import Replica as Operator
from api.server import APPLY, MERGE, Server
from api.test_examples import EXAMPLES
from chart.argocd import MANAGER, Applied, differences, health
from support.waiting import until

from vireo.api.names import API_VERSION
from vireo.api.resources import PLATFORM, SECRET
from vireo.kinds import KINDS
from vireo.kube.leadership import LEASES

pytestmark = pytest.mark.chart

Object = Mapping[str, Any]
PATHS: Final = {(one.api_version, one.kind): one for one in (SECRET, *(kind.resource for kind in KINDS))}


@dataclass(frozen=True)
class Town:
    """The examples in a namespace, as ArgoCD applies them, and an operator that works on them."""

    server: Server
    namespace: str
    manifests: Sequence[Object]

    def path(self, manifest: Object) -> str:
        resource = PATHS[manifest["apiVersion"], manifest["kind"]]
        return resource.path(self.namespace, manifest["metadata"]["name"])

    def apply(self, manifest: Object, **query: str) -> Object:
        return self.server.must("PATCH", self.path(manifest), manifest, APPLY, **as_argocd(), **query).body

    def live(self, manifest: Object) -> Object:
        return self.server.must("GET", self.path(manifest)).body

    def is_looked_at(self, manifest: Object) -> bool:
        return manifest["apiVersion"] != API_VERSION or bool(self.live(manifest).get("status", {}).get("conditions"))


def as_argocd() -> dict[str, str]:
    return {"fieldManager": MANAGER, "force": "true"}


def in_namespace(manifest: Object, namespace: str) -> Object:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


@pytest.fixture(scope="module")
def town(installed: Server, control_plane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    name = f"town-{uuid.uuid4().hex[:8]}"
    raws = [raw for file in EXAMPLES for raw in yaml.safe_load_all(file.read_text())]
    namespaced = {(kind.resource.api_version, kind.name) for kind in KINDS if not kind.resource.namespaced}
    manifests = [raw if (raw["apiVersion"], raw["kind"]) in namespaced else in_namespace(raw, name) for raw in raws]
    town = Town(installed, name, manifests)
    installed.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    operator = Operator.start(control_plane, name, tmp_path_factory.mktemp("operator") / "log")
    try:
        until(lambda: all(installed.ask("GET", kind.resource.path(name)).code == 200 for kind in KINDS))
        for manifest in manifests:
            town.apply(manifest)
        until(lambda: all(town.is_looked_at(manifest) for manifest in manifests))
        yield town
    finally:
        operator.stop()
        for manifest in manifests:
            installed.ask("PATCH", town.path(manifest), {"metadata": {"finalizers": None}}, MERGE)
            installed.ask("DELETE", town.path(manifest))
        installed.ask("DELETE", f"/api/v1/namespaces/{name}")
        installed.ask("DELETE", LEASES.path(LEASES_NAMESPACE, name))
        installed.ask("DELETE", PLATFORM.path(name="default"))


def test_to_apply_the_examples_again_writes_nothing(town: Town) -> None:
    def versions() -> list[str]:
        return [town.live(manifest)["metadata"]["resourceVersion"] for manifest in town.manifests]

    def applied_again() -> bool:
        before = versions()
        after = [town.apply(manifest)["metadata"]["resourceVersion"] for manifest in town.manifests]
        return after == before

    until(applied_again)  # the operator may be at work still


def test_argocd_calls_no_example_out_of_sync(town: Town, control_plane: str) -> None:
    applied = [
        Applied(manifest, town.live(manifest), town.apply(manifest, dryRun="All")) for manifest in town.manifests
    ]
    assert differences(control_plane, applied) == {}


def test_what_is_changed_by_hand_is_called_out_of_sync(town: Town, control_plane: str) -> None:
    """So that an engine that sees nothing at all does not pass."""
    manifest = next(one for one in town.manifests if one["kind"] == "ContainerWorkload")
    other = {**manifest, "spec": {**manifest["spec"], "replicas": 3}}
    applied = Applied(other, town.live(manifest), town.apply(other, dryRun="All"))
    (said,) = differences(control_plane, [applied]).values()
    assert said["applied"]
    assert said["dryRun"]


def test_their_health_is_what_the_operator_says_of_them(town: Town) -> None:
    lives = [town.live(manifest) for manifest in town.manifests if manifest["apiVersion"] == API_VERSION]
    for live, found in zip(lives, health(lives), strict=True):
        conditions = {one["type"]: one for one in live["status"]["conditions"] if one["status"] == "True"}
        wanted = (
            "Degraded"
            if conditions.keys() & {"Stalled", "Failed"}
            else "Healthy"
            if conditions.keys() & {"Ready", "Complete"}
            else "Progressing"
        )
        assert found.status == wanted, live
        assert found.message in {one["message"] for one in conditions.values()}
