"""What the load table knows of the cluster: nodes, pods and KubeVirt's instances as they are watched, each change put into the table."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from vireo.api.hardware import Cpu, Memory
from vireo.api.kind import Watch
from vireo.api.names import GROUP
from vireo.api.objects import Live, Meta
from vireo.api.quantities import quantity
from vireo.api.resources import KUBEVIRT_INSTANCE, NODE, POD, Key, Resource
from vireo.formulas.balance import NOTHING, Amounts
from vireo.load.demand import Workload
from vireo.load.pods import Pod, requested, sensitivity
from vireo.load.requests import Spec
from vireo.load.table import Table

DISK_CAPACITY: Final = f"{GROUP}/disk-capacity"
NETWORK_CAPACITY: Final = f"{GROUP}/network-capacity"
"""Annotations of a node: bytes a second that its storage and its uplinks carry, as quantities. Without them the node's part of that
resource is not known."""
SHAPES: Final = ("kubevirt.io/cluster-instancetype-name", "kubevirt.io/instancetype-name")
"""Annotations of an instance: its instance type, whose machines are taken to be alike."""


class PodStatus(msgspec.Struct, frozen=True):
    """status of a pod."""

    phase: str = ""


class PlacedSpec(Spec, frozen=True, rename="camel"):
    """spec of a pod that may have its node."""

    node_name: str = ""


class PlacedPod(Pod, frozen=True):
    """What is read of a pod."""

    spec: PlacedSpec = PlacedSpec()
    status: PodStatus = PodStatus()

    @property
    def ended(self) -> bool:
        return self.status.phase in {"Succeeded", "Failed"}


class NodeStatus(msgspec.Struct, frozen=True):
    """status of a node."""

    allocatable: dict[str, str] = {}


class NodeView(msgspec.Struct, frozen=True):
    """What is read of a node."""

    status: NodeStatus = NodeStatus()


class Domain(msgspec.Struct, frozen=True):
    """spec.domain of an instance."""

    cpu: Cpu = Cpu()
    memory: Memory = Memory()


class InstanceSpec(msgspec.Struct, frozen=True):
    """spec of an instance."""

    domain: Domain = Domain()


class Instance(msgspec.Struct, frozen=True):
    """What is read of KubeVirt's VirtualMachineInstance."""

    spec: InstanceSpec = InstanceSpec()


WATCHES: Final = (Watch(NODE, NodeView), Watch(KUBEVIRT_INSTANCE, Instance), Watch(POD, PlacedPod))
Bound = Callable[[Live[PlacedPod]], None]


class World:
    """Takes what the watches bring (vireo.kube.watch), and puts it into the table. `bound` is told of each pod once it has a node.

    All that happens of one resource comes in its order, by one watch: so nothing is compared with what is older.
    """

    def __init__(self, table: Table, now: Callable[[], float], bound: Bound) -> None:
        self.table, self._now, self._bound = table, now, bound
        self._live: defaultdict[Resource, dict[Key, Live[Any]]] = defaultdict(dict)
        self._launchers: defaultdict[Key, set[Key]] = defaultdict(set)

    def put(self, live: Live[Any]) -> frozenset[Key]:
        before = self._live[live.resource].get(live.key)
        self._live[live.resource][live.key] = live
        if live.resource == NODE:
            self.table.put_node(live.meta.name, capacity(live))
        elif live.resource == KUBEVIRT_INSTANCE:
            for pod in self._launchers.get(live.key, ()):
                self._put_pod(self._live[POD][pod])
        else:
            self._see_pod(before, live)
        return frozenset()

    def remove(self, key: Key, _version: int) -> frozenset[Key]:
        live = self._live[key.resource].pop(key, None)
        if key.resource == NODE:
            self.table.drop_node(key.name)
        elif key.resource == POD and live:
            self._forget_pod(live)
        return frozenset()

    def keep(self, resource: Resource, seen: Collection[Key], version: int, _selector: str = "") -> frozenset[Key]:
        """Forgets what a whole list does not show."""
        for key in self._live[resource].keys() - set(seen):
            self.remove(key, version)
        return frozenset()

    def clear(self, resource: Resource) -> frozenset[Key]:
        return self.keep(resource, (), 0)

    def node_of(self, pod: str) -> str:
        """The node of a pod NAMESPACE/NAME, or nothing."""
        namespace, _, name = pod.partition("/")
        live = self._live[POD].get(Key(POD, namespace, name))
        return live.view.spec.node_name if live else ""

    def pod_of(self, namespace: str, machine: str, node: str) -> str:
        """The pod NAMESPACE/NAME in which a machine's guest runs on that node, or nothing."""
        pods = (self._live[POD][key] for key in self._launchers.get(Key(KUBEVIRT_INSTANCE, namespace, machine), ()))
        return next((pod.view.key for pod in pods if pod.view.spec.node_name == node), "")

    def workload(self, pod: Pod, node: str = "") -> Workload:
        """What is known of a pod before it is measured."""
        key = machine_of(pod.metadata)
        machine = self._live[KUBEVIRT_INSTANCE].get(key) if key else None
        promised, shape = (_promised(machine), _shape(machine)) if machine else (NOTHING, "")
        return Workload(node, requested(pod), promised, shape, sensitivity(pod))

    def _see_pod(self, before: Live[PlacedPod] | None, live: Live[PlacedPod]) -> None:
        if live.view.ended:
            self._forget_pod(live)
            return
        if machine := machine_of(live.meta):
            self._launchers[machine].add(live.key)
        self._put_pod(live)
        if live.view.spec.node_name and not (before and before.view.spec.node_name):
            self._bound(live)

    def _put_pod(self, live: Live[PlacedPod]) -> None:
        self.table.put(live.view.key, self.workload(live.view, live.view.spec.node_name), self._now())

    def _forget_pod(self, live: Live[PlacedPod]) -> None:
        self.table.drop(live.view.key)
        if machine := machine_of(live.meta):
            self._launchers[machine].discard(live.key)
            if not self._launchers[machine]:
                del self._launchers[machine]


def machine_of(meta: Meta) -> Key | None:
    """The instance whose guest runs in the pod with this metadata."""
    owner = meta.controller
    if owner is None or owner.kind != KUBEVIRT_INSTANCE.kind:
        return None
    return Key(KUBEVIRT_INSTANCE, meta.namespace, owner.name)


def capacity(live: Live[NodeView]) -> Amounts:
    """What a node can give; 0 for what it says nothing of, or nothing that is a quantity."""
    said, annotations = live.view.status.allocatable, live.meta.annotations
    return Amounts(
        cpu=_number(said.get("cpu", "")),
        memory=_number(said.get("memory", "")),
        disk=_number(annotations.get(DISK_CAPACITY, "")),
        network=_number(annotations.get(NETWORK_CAPACITY, "")),
    )


def _promised(machine: Live[Instance]) -> Amounts:
    domain = machine.view.spec.domain
    return Amounts(
        cpu=float(max(1, domain.cpu.count)),
        memory=_number(domain.memory.guest),
    )


def _shape(machine: Live[Instance]) -> str:
    return next((found for name in SHAPES if (found := machine.meta.annotations.get(name, ""))), "")


def _number(text: str) -> float:
    try:
        return max(0.0, float(quantity(text))) if text else 0.0
    except ValueError:
        return 0.0
