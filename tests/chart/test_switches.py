"""Which namespaces may use a port group is asked when a machine or workload is applied, in the words of the switch's own selector."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from api.server import JSON, MERGE, Answer, Server
from support.user import machine, workload
from support.waiting import until

from vireo.api.resources import CONTAINER_WORKLOAD, VIRTUAL_MACHINE, VIRTUAL_SWITCH
from vireo.kinds.virtualswitch.selector import may_use
from vireo.kinds.virtualswitch.types import PortGroup

pytestmark = pytest.mark.chart

SWITCH: Final = "policy"
NAMESPACES: Final = {
    "switches-front": {"team": "shop", "tier": "front"},
    "switches-back": {"team": "shop", "tier": "back"},
    "switches-plain": {},
}
SELECTORS: Final[dict[str, Any]] = {
    "nobody": None,
    "all": {},
    "team": {"matchLabels": {"team": "shop"}},
    "front": {"matchLabels": {"team": "shop", "tier": "front"}},
    "empty-value": {"matchLabels": {"team": ""}},
    "in": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "middle"]}]},
    "not-in": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]},
    "exists": {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
    "absent": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
    "both": {
        "matchLabels": {"team": "shop"},
        "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}],
    },
}
GROUPS: Final = [
    {"name": name, **({} if selector is None else {"namespaces": selector})} for name, selector in SELECTORS.items()
]


@pytest.fixture(scope="module")
def shop(installed: Server) -> Iterator[Server]:
    """A switch with a port group for each selector, and namespaces with labels of all sorts."""
    for name, labels in NAMESPACES.items():
        installed.must("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    spec = {"uplink": {"bridge": "br0"}, "portGroups": GROUPS}
    body = {"apiVersion": "vireo.dev/v1alpha1", "kind": "VirtualSwitch", "metadata": {"name": SWITCH}, "spec": spec}
    installed.must("POST", VIRTUAL_SWITCH.path(), body)
    until(
        lambda: ask(installed, "switches-plain", "nobody").code == 403
    )  # it takes the API server a moment to know the policy
    yield installed
    installed.must("DELETE", VIRTUAL_SWITCH.path(name=SWITCH))
    for name in NAMESPACES:
        installed.must("DELETE", f"/api/v1/namespaces/{name}")


def ask(server: Server, namespace: str, group: str, switch: str = SWITCH) -> Answer:
    """As `kubectl create --dry-run=server` does."""
    body = machine("m", networks=[{"name": "front", "switch": switch, "portGroup": group}])
    return server.ask("POST", VIRTUAL_MACHINE.path(namespace), body, JSON, dryRun="All")


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("group", SELECTORS)
def test_the_policy_and_the_operator_say_the_same(shop: Server, namespace: str, group: str) -> None:
    labels = {**NAMESPACES[namespace], "kubernetes.io/metadata.name": namespace}
    allowed = may_use(PortGroup.model_validate(next(one for one in GROUPS if one["name"] == group)), labels)
    answer = ask(shop, namespace, group)
    assert (answer.code == 201) == allowed, answer


def test_a_refusal_names_the_namespace_the_port_group_and_the_way_out(shop: Server) -> None:
    answer = ask(shop, "switches-plain", "team")
    assert "namespace switches-plain may not use port group team of VirtualSwitch policy" in answer.body["message"]
    assert "spec.portGroups[].namespaces" in answer.body["message"]


def test_a_workload_is_refused_as_a_machine_is(shop: Server) -> None:
    def answer(group: str) -> Answer:
        body = workload("w", networks=[{"name": "front", "switch": SWITCH, "portGroup": group}])
        return shop.ask("POST", CONTAINER_WORKLOAD.path("switches-plain"), body, JSON, dryRun="All")

    assert "namespace switches-plain may not use port group team" in answer("team").body["message"]
    assert answer("all").code == 201


def test_what_is_not_there_yet_is_no_reason_to_refuse(shop: Server) -> None:
    assert ask(shop, "switches-plain", "later").code == 201
    assert ask(shop, "switches-plain", "team", switch="later").code == 201


def test_who_is_attached_may_be_changed_whatever_is_allowed_by_now(shop: Server) -> None:
    path = VIRTUAL_MACHINE.path("switches-front")
    body = machine("attached", networks=[{"name": "front", "switch": SWITCH, "portGroup": "front"}])
    shop.must("POST", path, body)
    shop.must("PATCH", "/api/v1/namespaces/switches-front", {"metadata": {"labels": {"team": "other"}}}, MERGE)
    try:
        until(lambda: ask(shop, "switches-front", "front").code != 201)
        changed = shop.ask("PATCH", f"{path}/attached", {"spec": {"powerState": "Stopped"}}, MERGE)
        assert changed.code == 200, changed
        moved = [{"name": "front", "switch": SWITCH, "portGroup": "team"}]
        assert shop.ask("PATCH", f"{path}/attached", {"spec": {"networks": moved}}, MERGE).code != 200
    finally:
        shop.must("PATCH", "/api/v1/namespaces/switches-front", {"metadata": {"labels": {"team": "shop"}}}, MERGE)
        shop.must("DELETE", f"{path}/attached")
