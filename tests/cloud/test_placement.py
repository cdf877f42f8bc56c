"""Where machines go: by the scheduler of Vireo, with its extender and without. Nodes and guests are simulated, schedulers are not."""

from collections import Counter

import msgspec
import pytest
from support.user import MACHINES, User, machine

from cloud.extender import cpu_use
from cloud.simulated import load
from cloud.steps import NotYet
from vireo.api.names import ANNOTATION_PLACEMENT
from vireo.load.decision import Decision, again, why

pytestmark = pytest.mark.simulated

SIZE = {"cpu": {"cores": 4}, "memory": "4Gi"}  # a hundred of them fit


@pytest.mark.parametrize("count", [15, pytest.param(100, marks=pytest.mark.proof)])
def test_machines_that_come_together_are_spread_and_each_says_why_it_is_there(there: User, count: int) -> None:
    there.apply(*(machine(f"m{number}", hardware=SIZE) for number in range(count)))
    there.until("all to be placed", lambda: _check_placed(there, count), seconds=300)
    went = Counter(_hosts(there).values())
    each = [went[f"sim-{number}"] for number in range(there.settings.simulated_nodes)]
    assert max(each) - min(each) <= 1, went
    found = there.until("all placements to be recorded", lambda: _decisions(there, count))
    assert all(again(one) for one in found.values())
    assert {one.grounds.memory for one in found.values()} == {"Promised"}
    for name, node in _hosts(there).items():
        assert found[name].node == node


def test_the_next_machine_goes_where_less_is_measured(there: User) -> None:
    assert load.main([f"{there.namespace}/busy", "--cpu=20", "--memory=64Gi"]) == 0
    there.apply(machine("busy", hardware={"cpu": {"cores": 20}, "memory": "64Gi"}))
    host = there.until_ready(MACHINES, "busy", "Running")["status"]["host"]
    there.until("the load to be known", lambda: _check_known(there, host))
    there.apply(machine("next", hardware=SIZE))
    assert there.until_ready(MACHINES, "next", "Running")["status"]["host"] != host
    found = there.until("the placement to be recorded", lambda: _decisions(there, 1, "next"))["next"]
    worst = max(found.candidates, key=lambda one: one.change)
    assert worst.node == host
    assert worst.use.cpu == pytest.approx(20 / 32, abs=0.1)
    assert f"on {found.node} the imbalance" in why(found)


def _check_known(user: User, node: str) -> None:
    known = [found.get(node, 0.0) for found in cpu_use(user.settings)]
    if not known or min(known) < 0.55:  # of its 20 cores a quarter is what is usual
        raise NotYet(str(known))


def _check_placed(user: User, count: int) -> None:
    if len(_hosts(user)) < count:
        raise NotYet(f"{len(_hosts(user))} of {count}")


def _hosts(user: User) -> dict[str, str]:
    """The node of each launcher pod, by its machine."""
    pods = user.items("pods", "kubevirt.io=virt-launcher")
    return {
        pod["metadata"]["labels"]["vm.kubevirt.io/name"]: pod["spec"]["nodeName"]
        for pod in pods
        if pod["spec"].get("nodeName")
    }


def _decisions(user: User, count: int, name: str = "") -> dict[str, Decision]:
    found = {}
    wanted = f",vm.kubevirt.io/name={name}" if name else ""
    for pod in user.items("pods", f"kubevirt.io=virt-launcher{wanted}"):
        if text := pod["metadata"].get("annotations", {}).get(ANNOTATION_PLACEMENT):
            found[pod["metadata"]["labels"]["vm.kubevirt.io/name"]] = msgspec.json.decode(text, type=Decision)
    if len(found) < count:
        raise NotYet(f"{len(found)} of {count}")
    return found
