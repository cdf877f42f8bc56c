"""What is used, next to what was promised; and what the model makes of it."""

from typing import Any

import msgspec
import pytest

from vireo.api.measures import Sample
from vireo.api.objects import Live, Meta, OwnerReference
from vireo.api.resources import KUBEVIRT_INSTANCE, NODE, POD
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.load.table import Table
from vireo.load.world import World
from vireo.plugin.shown.machines import machines, page_of_machines
from vireo.plugin.shown.nodes import ChoosyPod, Looked, NodesTop, TaintedNode, page_of_nodes, top_of
from vireo.plugin.shown.style import Style
from vireo.plugin.shown.usage import Usage, cores, measured, size

GI = 2.0**30
READY = {"kubevirt.io/schedulable": "true"}


def node(name: str, *taints: dict[str, str], labels: dict[str, str] = READY) -> Live[TaintedNode]:
    view = {"status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}, "spec": {"taints": taints}}
    return Live(NODE, Meta(name, labels=labels), msgspec.convert(view, type=TaintedNode))


def pod(name: str, on: str = "node-1", phase: str = "Running", of: str = "", **spec: Any) -> Live[ChoosyPod]:
    owner = OwnerReference("kubevirt.io/v1", "VirtualMachineInstance", of, "u", controller=True)
    meta = Meta(name, "shop", owner_references=(owner,) if of else ())
    raw = {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"nodeName": on, **spec},
        "status": {"phase": phase},
    }
    return Live(POD, meta, msgspec.convert(raw, type=ChoosyPod))


def launcher(machine: str, on: str = "node-1", **spec: Any) -> Live[ChoosyPod]:
    asked = asks(cpu="500m", memory="1Gi")
    return pod(f"{machine}-pod", on, of=machine, containers=[asked], nodeSelector=READY, **spec)


def asks(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def instance(name: str, host: str, phase: str = "Running") -> Live[InstanceView]:
    view = {
        "spec": {"domain": {"cpu": {"sockets": 2, "cores": 1}, "memory": {"guest": "1Gi"}}},
        "status": {"phase": phase, "nodeName": host},
    }
    return Live(KUBEVIRT_INSTANCE, Meta(name, "shop"), msgspec.convert(view, type=InstanceView))


def uses(node_name: str, cpu: float, memory: float, workload: str = "") -> list[Sample]:
    return [Sample(node_name, workload, "cpu", cpu, 1.0), Sample(node_name, workload, "memory", memory * GI, 1.0)]


def looked(
    nodes: list[Live[TaintedNode]],
    pods: list[Live[ChoosyPod]] | None = None,
    instances: list[Live[InstanceView]] | None = None,
    samples: list[Sample] | None = None,
) -> NodesTop:
    """As the command puts it together."""
    table = Table()
    world = World(table, lambda: 0.0, lambda _: None)
    for live in (*nodes, *(instances or ()), *(pods or ())):
        world.put(live)
    for one in samples or ():
        table.sample(one, 0.0)
    table.age(0.0)
    used = {found: usage for (found, workload), usage in measured(samples or ()).items() if not workload}
    return top_of(Looked(nodes, pods, instances, used, table))


def test_the_page_of_nodes_has_the_heaviest_first() -> None:
    found = looked(
        [node("node-1"), node("node-2"), node("node-3")],
        [
            pod("a", containers=[asks(cpu="250m")]),
            pod("b", containers=[asks(cpu="950m")]),
            pod("c", "", containers=[asks(cpu="8")]),
        ],
        [instance("a", "node-1"), instance("b", "node-1"), instance("c", "node-2", "Failed")],
        [*uses("node-1", 0.5, 2), *uses("node-2", 3.9, 1)],
    )
    assert page_of_nodes(found, Style()) == [
        "NODE     LOAD   CPU   CPU%   PROMISED   OF   MEMORY   MEMORY%   PROMISED   OF    MACHINES",
        "node-2   0.44   3.9   98%    0          4    1Gi      12%       0B         8Gi   0",
        "node-1   0.22   0.5   12%    1.2        4    2Gi      25%       0B         8Gi   2",
        "node-3   0.00   -     -      0          4    -        -         0B         8Gi   0",
        "",
        "Of 3 nodes 0.30 nodes' worth are in use; the load's imbalance is 0.266 of a node.",
    ]


def test_what_may_not_be_looked_at_is_not_taken_for_nothing() -> None:
    found = looked([node("node-1")])
    (one,) = found.nodes
    assert (one.load, one.used, one.promised, one.machines, found.balance) == (None, None, None, None, None)
    assert page_of_nodes(found, Style())[1].split() == ["node-1", *("-" * 4), "4", *("-" * 3), "8Gi", "-"]


def test_a_pod_that_has_ended_was_promised_nothing_any_more() -> None:
    found = looked([node("node-1")], [pod("a", phase="Succeeded", containers=[asks(cpu="1")])], [])
    assert found.nodes[0].promised == Usage()


def test_a_machine_that_is_not_measured_counts_by_what_is_usual_and_what_it_was_promised() -> None:
    found = looked([node("node-1")], [launcher("a")], [instance("a", "node-1")])
    assert found.nodes[0].load == pytest.approx(0.4 * (2 * 0.25 / 4) + 0.4 * (1 / 8))
    assert found.nodes[0].promised == Usage(0.5, GI)
    assert found.balance is not None
    assert found.balance.in_use == pytest.approx(max(2 * 0.25 / 4, 1 / 8))


def test_there_is_room_where_a_machine_may_go() -> None:
    cordoned = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    ours = {"key": "only", "value": "ours", "effect": "NoExecute"}
    shunned = {"key": "other", "effect": "PreferNoSchedule"}
    nodes = [node("node-1"), node("cordoned", cordoned), node("no-kubevirt", labels={}), node("ours", ours, shunned)]
    pods = [launcher("b"), launcher("a", tolerations=[{"key": "only", "operator": "Equal", "value": "ours"}])]
    found = looked(nodes, [*pods, pod("c", containers=[asks(memory="4Gi")])], [])
    assert found.balance is not None
    assert found.balance.room is not None
    room = found.balance.room
    assert (room.like, room.asked, room.fit, room.bound_by) == ("shop/a", Usage(0.5, GI), 2 + 8, "memory")
    assert page_of_nodes(found, Style())[-1] == (
        "Room for 10 more machines like shop/a, for which 0.5 cores and 1Gi of memory are kept: memory ends first."
    )


def test_the_page_of_machines_counts_both_pods_of_one_that_moves() -> None:
    found = machines(
        [instance("a", "node-1"), instance("b", "node-2"), instance("c", "node-1"), instance("d", "", "Succeeded")],
        {("shop", "a"): ["shop/a-1"], ("shop", "b"): ["shop/b-1", "shop/b-2"], ("shop", "c"): ["shop/c-1"]},
        {"shop/a-1": Usage(0.1, GI / 4), "shop/b-1": Usage(1.01, GI / 2), "shop/b-2": Usage(0.5, GI / 4)},
    )
    assert page_of_machines(found, Style(), everywhere=False) == [
        "MACHINE   CPU    CPU%   OF   MEMORY   MEMORY%   OF    HOST",
        "b         1.51   76%    2    768Mi    75%       1Gi   node-2",
        "a         0.1    5%     2    256Mi    25%       1Gi   node-1",
        "c         -      -      2    -        -         1Gi   node-1",
    ]
    assert page_of_machines(found, Style(), everywhere=True)[1].split()[:2] == ["shop", "b"]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0B"), (1023, "1023B"), (1536, "1.5Ki"), (12 * GI, "12Gi"), (GI * 1024**3, "1024Pi")]
)
def test_bytes_are_told_in_the_largest_unit_that_fits(value: float, text: str) -> None:
    assert size(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.004, "0"), (0.25, "0.25"), (10, "10"), (1.5, "1.5")])
def test_cores_are_told_to_a_hundredth(value: float, text: str) -> None:
    assert cores(value) == text


def test_shares_that_are_high_are_painted() -> None:
    line = page_of_nodes(looked([node("node-1")], samples=uses("node-1", 3.9, 6)), Style(colour=True))[1]
    assert "\033[31m98%\033[0m" in line
    assert "\033[33m75%\033[0m" in line
