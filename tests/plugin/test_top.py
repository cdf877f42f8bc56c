"""What is used, next to what was promised."""

from typing import Any

import msgspec
import pytest
from plugin.objects import BORN

from vireo.api.objects import Live, Meta
from vireo.api.resources import KUBEVIRT_INSTANCE
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.plugin.shown.style import Style
from vireo.plugin.shown.top import (
    AskingPod,
    Measured,
    MeasuredPod,
    Node,
    Usage,
    cores,
    machines,
    nodes,
    page_of_machines,
    page_of_nodes,
    size,
)

GI = 2.0**30


def node(name: str, cpu: str = "4", memory: str = "8Gi") -> Node:
    return msgspec.convert(
        {"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "memory": memory}}}, type=Node
    )


def measured(name: str, cpu: str, memory: str) -> Measured:
    return msgspec.convert({"metadata": {"name": name}, "usage": {"cpu": cpu, "memory": memory}}, type=Measured)


def pod(node_name: str = "node-1", phase: str = "Running", **spec: Any) -> AskingPod:
    return msgspec.convert({"spec": {"nodeName": node_name, **spec}, "status": {"phase": phase}}, type=AskingPod)


def asks(cpu: str, **more: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}, **more}


def instance(name: str, host: str, phase: str = "Running") -> Live[InstanceView]:
    view = {
        "spec": {"domain": {"cpu": {"sockets": 2, "cores": 1}, "memory": {"guest": "1Gi"}}},
        "status": {"phase": phase, "nodeName": host},
    }
    return Live(KUBEVIRT_INSTANCE, Meta(name, "shop"), msgspec.convert(view, type=InstanceView))


def measured_pod(name: str, *cpu: str) -> MeasuredPod:
    containers = [{"usage": {"cpu": one, "memory": "256Mi"}} for one in cpu]
    return msgspec.convert(
        {"metadata": {"name": name, "namespace": "shop", "creationTimestamp": BORN}, "containers": containers},
        type=MeasuredPod,
    )


def test_the_page_of_nodes_has_the_heaviest_first() -> None:
    found = nodes(
        [node("node-1"), node("node-2"), node("node-3")],
        [measured("node-1", "500m", "2Gi"), measured("node-2", "3900m", "1Gi")],
        [pod(containers=[asks("250m")]), pod(containers=[asks("1")]), pod("", containers=[asks("8")])],
        [instance("a", "node-1"), instance("b", "node-1"), instance("c", "node-2", "Failed")],
    )
    assert page_of_nodes(found, Style()) == [
        "NODE     CPU   CPU%   PROMISED   OF   MEMORY   MEMORY%   PROMISED   OF    MACHINES",
        "node-2   3.9   98%    0          4    1Gi      12%       0B         8Gi   0",
        "node-1   0.5   12%    1.25       4    2Gi      25%       0B         8Gi   2",
        "node-3   -     -      0          4    -        -         0B         8Gi   0",
    ]


def test_what_may_not_be_looked_at_is_not_taken_for_nothing() -> None:
    (found,) = nodes([node("node-1")], [], None, None)
    assert (found.used, found.promised, found.machines) == (None, None, None)
    assert page_of_nodes([found], Style())[1].split() == ["node-1", "-", "-", "-", "4", "-", "-", "-", "8Gi", "-"]


def test_a_pod_that_has_ended_was_promised_nothing_any_more() -> None:
    (found,) = nodes([node("node-1")], [], [pod(phase="Succeeded", containers=[asks("1")])], [])
    assert found.promised == Usage()


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        ({"containers": [asks("1"), asks("500m")]}, 1.5),
        ({"containers": [asks("1")], "initContainers": [asks("3"), asks("2")]}, 3.0),
        ({"containers": [asks("1")], "initContainers": [asks("1", restartPolicy="Always"), asks("500m")]}, 2.0),
        ({"containers": [asks("1")], "initContainers": [asks("1", restartPolicy="Always"), asks("3")]}, 4.0),
        ({"containers": [asks("1")], "overhead": {"cpu": "100m"}}, 1.1),
        ({"containers": [asks("1")], "resources": {"requests": {"cpu": "4"}}}, 4.0),
        ({"containers": [{"resources": {}}]}, 0.0),
    ],
)
def test_a_pod_is_promised_what_the_scheduler_counts(spec: dict[str, Any], cpu: float) -> None:
    assert pod(**spec).promised.cpu == pytest.approx(cpu)


def test_the_page_of_machines_counts_both_pods_of_one_that_moves() -> None:
    found = machines(
        [instance("a", "node-1"), instance("b", "node-2"), instance("c", "node-1"), instance("d", "", "Succeeded")],
        {("shop", "a"): ["a-1"], ("shop", "b"): ["b-1", "b-2"], ("shop", "c"): ["c-1"]},
        [measured_pod("a-1", "100m"), measured_pod("b-1", "1", "10m"), measured_pod("b-2", "500m")],
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
    found = nodes([node("node-1")], [measured("node-1", "3900m", "6Gi")], None, None)
    line = page_of_nodes(found, Style(colour=True))[1]
    assert "\033[31m98%\033[0m" in line
    assert "\033[33m75%\033[0m" in line
