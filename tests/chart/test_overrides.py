"""Overrides are merged into what Vireo makes: who may not write that may neither give them nor change what runs with them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from api.server import JSON, MERGE, Answer, Server
from chart.users import bind, invite
from support.user import machine, workload
from support.waiting import until

from vireo.api.resources import CONTAINER_WORKLOAD, VIRTUAL_MACHINE, Resource

pytestmark = pytest.mark.chart

SHOP: Final = "overrides"
OWN: Final = {
    "apiGroups": ["vireo.dev"],
    "resources": ["virtualmachines", "containerworkloads"],
    "verbs": ["create", "update", "patch"],
}


def may_write(group: str, resource: str, *verbs: str, name: str = "") -> Mapping[str, Any]:
    named = {"resourceNames": [name]} if name else {}
    return {"apiGroups": [group], "resources": [resource], "verbs": verbs or ("create", "update"), **named}


MACHINES: Final = ("kubevirt.io", "virtualmachines")
USERS: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "maker": [OWN],
    "writer-of-machines": [OWN, may_write(*MACHINES)],
    "writer-of-web-1": [OWN, may_write(*MACHINES, "create"), may_write(*MACHINES, "update", name="web-1")],
    "creator-of-machines": [OWN, may_write(*MACHINES, "create")],
    "updater-of-machines": [OWN, may_write(*MACHINES, "update")],
    "writer-of-deployments": [OWN, may_write("apps", "deployments")],
    "writer-of-statefulsets": [OWN, may_write("apps", "statefulsets")],
    "writer-of-jobs": [OWN, may_write("batch", "jobs")],
}
HARDWARE: Final[Mapping[str, Any]] = {"cpu": {"cores": 1}, "memory": "256Mi"}
OVER_MACHINE: Final[Mapping[str, Any]] = {
    "hardware": {**HARDWARE, "overrides": {"spec": {"domain": {"devices": {"rng": {}}}}}}
}
OVER_POD: Final[Mapping[str, Any]] = {"overrides": {"spec": {"serviceAccountName": "powerful"}}}
WRITTEN: Final = {
    "Service": ("deployments of apps", "writer-of-deployments"),
    "Stateful": ("statefulsets of apps", "writer-of-statefulsets"),
    "Job": ("jobs of batch", "writer-of-jobs"),
}


@pytest.fixture(scope="module")
def shop(installed: Server) -> Iterator[Server]:
    """A namespace with users of different rights, and what somebody with more of them made there."""
    invite(installed, SHOP, USERS)
    bind(installed, SHOP, "developer", {"kind": "ClusterRole", "name": "edit"})
    installed.must("POST", VIRTUAL_MACHINE.path(SHOP), machine("web-1", **OVER_MACHINE))
    installed.must("POST", VIRTUAL_MACHINE.path(SHOP), machine("plain"))
    installed.must("POST", CONTAINER_WORKLOAD.path(SHOP), workload("api", **OVER_POD))
    maker = installed.as_user("maker")
    until(lambda: (make_machine(maker).code, make_machine(maker, **OVER_MACHINE).code) == (201, 403))
    yield installed
    installed.must("DELETE", f"/api/v1/namespaces/{SHOP}")


def make_machine(user: Server, **spec: Any) -> Answer:
    """As `kubectl create --dry-run=server` does."""
    return user.ask("POST", VIRTUAL_MACHINE.path(SHOP), machine("new", **spec), JSON, dryRun="All")


def make_workload(user: Server, **spec: Any) -> Answer:
    return user.ask("POST", CONTAINER_WORKLOAD.path(SHOP), workload("new", **spec), JSON, dryRun="All")


def change(user: Server, resource: Resource, name: str, **spec: Any) -> Answer:
    return user.ask("PATCH", resource.path(SHOP, name), {"spec": spec}, MERGE, dryRun="All")


def test_who_may_write_kubevirts_machines_may_override_them(shop: Server) -> None:
    assert make_machine(shop.as_user("writer-of-machines"), **OVER_MACHINE).code == 201


@pytest.mark.parametrize("user", ["maker", "creator-of-machines", "updater-of-machines", "writer-of-deployments"])
def test_who_may_not_write_kubevirts_machines_may_not_override_them(shop: Server, user: str) -> None:
    answer = make_machine(shop.as_user(user), **OVER_MACHINE)
    assert answer.code == 403, answer
    needs = f"that needs the verbs create and update on virtualmachines of kubevirt.io in namespace {SHOP}"
    assert f"spec.hardware.overrides: {user} may not write what they are merged into: {needs}" in answer.body["message"]


def test_the_right_to_one_machine_is_no_right_to_another(shop: Server) -> None:
    user = shop.as_user("writer-of-web-1")
    codes = [change(user, VIRTUAL_MACHINE, name, **OVER_MACHINE, gracePeriod="5s").code for name in ("web-1", "plain")]
    assert codes == [200, 403]


@pytest.mark.parametrize("kind", WRITTEN)
def test_who_may_write_what_a_workload_becomes_may_override_it(shop: Server, kind: str) -> None:
    assert make_workload(shop.as_user(WRITTEN[kind][1]), workload=kind, **OVER_POD).code == 201


@pytest.mark.parametrize("kind", WRITTEN)
def test_who_may_write_something_else_may_not(shop: Server, kind: str) -> None:
    needed, writer = WRITTEN[kind]
    others = {"maker", "writer-of-machines", *(user for _, user in WRITTEN.values())} - {writer}
    for user in sorted(others):
        answer = make_workload(shop.as_user(user), workload=kind, **OVER_POD)
        assert answer.code == 403, (user, answer)
        assert f"spec.overrides: {user} may not write" in answer.body["message"]
        assert f"create and update on {needed} in namespace {SHOP}" in answer.body["message"]


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_role_edit_may_override_workloads(shop: Server, kind: str) -> None:
    developer = shop.as_user("developer")
    until(
        lambda: make_workload(developer, workload=kind, **OVER_POD).code == 201
    )  # roles are put together by a controller


def test_overrides_are_not_added_to_what_there_is(shop: Server) -> None:
    assert change(shop.as_user("maker"), VIRTUAL_MACHINE, "plain", **OVER_MACHINE).code == 403


@pytest.mark.parametrize(
    ("resource", "name", "spec"),
    [
        pytest.param(
            VIRTUAL_MACHINE, "web-1", {"hardware": {"overrides": {"spec": {"hostname": "x"}}}}, id="more of them"
        ),
        pytest.param(VIRTUAL_MACHINE, "web-1", {"hardware": {"overrides": None}}, id="taken out"),
        pytest.param(VIRTUAL_MACHINE, "web-1", {"bootDisk": {"image": "registry.example/mine:1"}}, id="another guest"),
        pytest.param(
            VIRTUAL_MACHINE,
            "web-1",
            {"powerState": "Stopped", "initialization": {"cloudInitSecret": "mine"}},
            id="a field more beside one that may be changed",
        ),
        pytest.param(
            CONTAINER_WORKLOAD, "api", {"overrides": {"spec": {"hostPID": True}}}, id="more of them, of a pod"
        ),
        pytest.param(CONTAINER_WORKLOAD, "api", {"image": "registry.example/mine:1"}, id="another image"),
        pytest.param(CONTAINER_WORKLOAD, "api", {"command": ["/bin/mine"], "replicas": 2}, id="another command"),
        pytest.param(CONTAINER_WORKLOAD, "api", {"resources": None}, id="a field taken out"),
    ],
)
def test_what_runs_with_them_is_changed_by_nobody_else(
    shop: Server, resource: Resource, name: str, spec: Mapping[str, Any]
) -> None:
    answer = change(shop.as_user("maker"), resource, name, **spec)
    assert answer.code == 403, answer
    assert "may not write what they are merged into" in answer.body["message"]


@pytest.mark.parametrize(
    ("resource", "name", "spec"),
    [
        (VIRTUAL_MACHINE, "web-1", {"powerState": "Stopped"}),
        (CONTAINER_WORKLOAD, "api", {"replicas": 3}),
        (VIRTUAL_MACHINE, "plain", {"bootDisk": {"image": "registry.example/mine:1"}}),
    ],
)
def test_how_much_of_it_runs_and_what_has_none_is_changed_by_all(
    shop: Server, resource: Resource, name: str, spec: Mapping[str, Any]
) -> None:
    assert change(shop.as_user("maker"), resource, name, **spec).code == 200
