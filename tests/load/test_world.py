"""What the watches bring becomes what the table knows."""

from typing import Any

from vireo.api.hardware import Cpu, Memory
from vireo.api.objects import Live, Meta, OwnerReference
from vireo.api.resources import KUBEVIRT_INSTANCE, NODE, POD, Key
from vireo.formulas.balance import Amounts
from vireo.load.requests import Container, Resources
from vireo.load.table import Table
from vireo.load.world import (
    DISK_CAPACITY,
    Domain,
    Instance,
    InstanceSpec,
    NodeStatus,
    NodeView,
    PlacedPod,
    PlacedSpec,
    PodStatus,
    World,
)

GIB = 2.0**30


class Told:
    """A world, and the pods of which it said that they have a node."""

    def __init__(self) -> None:
        self.bound: list[str] = []
        self.table = Table()
        self.world = World(self.table, lambda: 0.0, lambda live: self.bound.append(live.meta.name))
        self.world.put(node("a"))


def node(name: str, **annotations: str) -> Live[NodeView]:
    view = NodeView(NodeStatus({"cpu": "3900m", "memory": "16Gi", "pods": "110"}))
    return Live(NODE, Meta(name, annotations=annotations), view)


def pod(name: str, on: str = "", *, of: str = "", phase: str = "Pending", **requests: str) -> Live[PlacedPod]:
    owner = OwnerReference("kubevirt.io/v1", "VirtualMachineInstance", of, "u", controller=True)
    meta = Meta(name, "shop", owner_references=(owner,) if of else ())
    spec = PlacedSpec(containers=(Container(Resources(requests)),), node_name=on)
    return Live(POD, meta, PlacedPod(meta, spec, PodStatus(phase)))


def instance(name: str, shape: str = "", **domain: Any) -> Live[Instance]:
    annotations = {"kubevirt.io/cluster-instancetype-name": shape} if shape else {}
    return Live(
        KUBEVIRT_INSTANCE, Meta(name, "shop", annotations=annotations), Instance(InstanceSpec(Domain(**domain)))
    )


def test_a_node_gives_what_is_allocatable_and_what_its_annotations_say() -> None:
    told = Told()
    assert told.table.shown()["a"].capacity == Amounts(3.9, 16 * GIB, 0.0, 0.0)
    told.world.put(node("a", **{DISK_CAPACITY: "200M"}))
    assert told.table.shown()["a"].capacity.disk == 2e8
    told.world.put(node("a", **{DISK_CAPACITY: "fast"}))
    assert told.table.shown()["a"].capacity.disk == 0
    told.world.remove(Key(NODE, "", "a"), 1)
    assert "a" not in told.table


def test_a_pod_counts_where_it_is_until_it_ends() -> None:
    told = Told()
    told.world.put(pod("p", cpu="1"))
    assert told.table.shown()["a"].demand.cpu == 0
    told.world.put(pod("p", "a", cpu="1"))
    assert told.table.shown()["a"].demand.cpu == 1
    told.world.put(pod("p", "a", cpu="1", phase="Running"))
    assert told.table.shown()["a"].demand.cpu == 1
    told.world.put(pod("p", "a", cpu="1", phase="Succeeded"))
    assert told.table.shown()["a"].demand.cpu == 0
    assert told.bound == ["p"], "once"


def test_what_a_list_does_not_show_is_forgotten() -> None:
    told = Told()
    told.world.put(pod("p", "a", cpu="1"))
    told.world.put(pod("q", "a", cpu="2"))
    told.world.keep(POD, {Key(POD, "shop", "q")}, 7)
    assert told.table.shown()["a"].demand.cpu == 2
    told.world.clear(POD)
    assert told.table.shown()["a"].demand.cpu == 0


def test_a_machine_was_promised_what_its_instance_says_whichever_is_seen_first() -> None:
    for first in (True, False):
        told = Told()
        machine = instance("m", "small", cpu=Cpu(sockets=2, cores=2), memory=Memory("4Gi"))
        launcher = pod("virt-launcher-m", "a", of="m", cpu="400m", memory="5Gi")
        for one in (machine, launcher) if first else (launcher, machine):
            told.world.put(one)
        found = told.table.taken("shop/virt-launcher-m")
        assert found is not None
        assert found.grounds[:2] == ("Usual", "Promised")
        assert found.load.demand[:2] == (1.0, 4 * GIB)
        assert told.world.pod_of("shop", "m", "a") == "shop/virt-launcher-m"
        assert told.world.pod_of("shop", "m", "b") == ""
        told.world.remove(launcher.key, 2)
        assert told.world.pod_of("shop", "m", "a") == ""


def test_a_machine_without_an_instance_is_what_its_pod_requests() -> None:
    told = Told()
    told.world.put(pod("virt-launcher-m", "a", of="m", cpu="400m"))
    found = told.table.taken("shop/virt-launcher-m")
    assert found is not None
    assert (found.load.demand.cpu, found.grounds.cpu) == (0.4, "Requested")


def test_what_is_no_quantity_is_not_known() -> None:
    told = Told()
    told.world.put(pod("p", "a", cpu="much"))
    found = told.table.taken("shop/p")
    assert found is not None
    assert found.grounds.cpu == "Unknown"
