"""The tables of `kubectl vireo top`: what is measured to be used, next to what was promised. CPU in cores, memory in bytes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from vireo.api.objects import Live, Meta
from vireo.api.quantities import quantity
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.load.requests import Spec, asked
from vireo.plugin.shown.style import Cell, Mood, Style

HIGH, MIDDLE = 0.9, 0.7
"""From which share on a value is painted."""
UNITS: Final = ("B", "Ki", "Mi", "Gi", "Ti", "Pi")
ENDED: Final = frozenset({"Succeeded", "Failed"})

Quantities = dict[str, str]


class Usage(msgspec.Struct, frozen=True):
    """Measured, or promised."""

    cpu: float = 0.0
    memory: float = 0.0

    def plus(self, other: "Usage") -> "Usage":
        return Usage(self.cpu + other.cpu, self.memory + other.memory)


class NodeTop(msgspec.Struct, frozen=True, rename="camel"):
    """A node. `used` is null where nothing is measured, `promised` where its pods may not be looked at."""

    name: str
    used: Usage | None
    allocatable: Usage
    promised: Usage | None
    machines: int | None


class MachineTop(msgspec.Struct, frozen=True, rename="camel"):
    """A machine. `promised` is what its guest has."""

    namespace: str
    name: str
    used: Usage | None
    promised: Usage
    host: str


class Measured(msgspec.Struct, frozen=True):
    """NodeMetrics of metrics.k8s.io."""

    metadata: Meta
    usage: Quantities = {}


class MeasuredContainer(msgspec.Struct, frozen=True):
    """containers[] of PodMetrics."""

    usage: Quantities = {}


class MeasuredPod(msgspec.Struct, frozen=True):
    """PodMetrics of metrics.k8s.io."""

    metadata: Meta
    containers: tuple[MeasuredContainer, ...] = ()

    @property
    def used(self) -> Usage:
        return total(usage(one.usage) for one in self.containers)


class AskingSpec(Spec, frozen=True, rename="camel"):
    """What a pod asks for, and where it is."""

    node_name: str = ""


class Phase(msgspec.Struct, frozen=True):
    """status of a pod."""

    phase: str = ""


class AskingPod(msgspec.Struct, frozen=True):
    """A pod, as the scheduler counts it."""

    spec: AskingSpec
    status: Phase = Phase()

    @property
    def promised(self) -> Usage:
        """What its node keeps for it."""
        found = asked(self.spec)
        return Usage(found.cpu, found.memory)


class AllocatableStatus(msgspec.Struct, frozen=True):
    """status.allocatable of a node."""

    allocatable: Quantities = {}


class Node(msgspec.Struct, frozen=True):
    """A node, and what it has to give."""

    metadata: Meta
    status: AllocatableStatus = AllocatableStatus()


Instance = Live[InstanceView]
"""A machine that is, by its instance at KubeVirt."""


def usage(found: Mapping[str, str]) -> Usage:
    """CPU and memory of a map of quantities."""
    return Usage(float(quantity(found.get("cpu", "0"))), float(quantity(found.get("memory", "0"))))


def total(parts: Iterable[Usage]) -> Usage:
    found = Usage()
    for part in parts:
        found = found.plus(part)
    return found


def nodes(
    found: Iterable[Node],
    measured: Iterable[Measured],
    pods: Iterable[AskingPod] | None,
    instances: Iterable[Instance] | None,
) -> tuple[NodeTop, ...]:
    """Those that use the largest share of their cores first. What may not be looked at is None."""
    used = {one.metadata.name: usage(one.usage) for one in measured}
    promised, machines = _promised(pods), _machines(instances)
    tops = [
        NodeTop(
            name=one.metadata.name,
            used=used.get(one.metadata.name),
            allocatable=usage(one.status.allocatable),
            promised=None if promised is None else promised.get(one.metadata.name, Usage()),
            machines=None if machines is None else machines.get(one.metadata.name, 0),
        )
        for one in found
    ]
    return tuple(sorted(tops, key=lambda one: (-_cpu_share(one.used, one.allocatable), one.name)))


def _promised(pods: Iterable[AskingPod] | None) -> dict[str, Usage] | None:
    if pods is None:
        return None
    found: dict[str, Usage] = {}
    for pod in pods:
        if pod.spec.node_name and pod.status.phase not in ENDED:
            found[pod.spec.node_name] = found.get(pod.spec.node_name, Usage()).plus(pod.promised)
    return found


def _machines(instances: Iterable[Instance] | None) -> dict[str, int] | None:
    if instances is None:
        return None
    found: dict[str, int] = {}
    for one in instances:
        host = one.view.status.node_name
        if not one.view.final:
            found[host] = found.get(host, 0) + 1
    return found


def machines(
    instances: Iterable[Instance], pods: Mapping[tuple[str, str], Sequence[str]], measured: Iterable[MeasuredPod]
) -> tuple[MachineTop, ...]:
    """Those that use most cores first. `pods` are the names of each machine's pods, by namespace and name: while it moves it has two."""
    used = {(one.metadata.namespace, one.metadata.name): one.used for one in measured}
    tops = []
    for one in instances:
        space, name, host = one.meta.namespace, one.meta.name, one.view.status.node_name
        parts = [used[space, pod] for pod in pods.get((space, name), ()) if (space, pod) in used]
        if not one.view.final:
            tops.append(MachineTop(space, name, total(parts) if parts else None, _guest(one), host))
    return tuple(sorted(tops, key=lambda one: (-(one.used.cpu if one.used else -1.0), one.namespace, one.name)))


def _guest(one: Instance) -> Usage:
    """The guest's cores and memory."""
    domain = one.view.spec.domain
    return Usage(float(domain.cpu.count), float(quantity(domain.memory.guest)))


def page_of_nodes(found: Iterable[NodeTop], style: Style) -> list[str]:
    """A line a node."""
    rows = [
        (
            one.name,
            _cores(one.used),
            _share(one.used, one.allocatable, "cpu"),
            _cores(one.promised),
            cores(one.allocatable.cpu),
            _memory(one.used),
            _share(one.used, one.allocatable, "memory"),
            _memory(one.promised),
            size(one.allocatable.memory),
            "-" if one.machines is None else str(one.machines),
        )
        for one in found
    ]
    head = ("NODE", "CPU", "CPU%", "PROMISED", "OF", "MEMORY", "MEMORY%", "PROMISED", "OF", "MACHINES")
    return style.table(head, rows)


def page_of_machines(found: Iterable[MachineTop], style: Style, *, everywhere: bool) -> list[str]:
    """A line a machine."""
    rows = [
        (
            *((one.namespace,) if everywhere else ()),
            one.name,
            _cores(one.used),
            _share(one.used, one.promised, "cpu"),
            cores(one.promised.cpu),
            _memory(one.used),
            _share(one.used, one.promised, "memory"),
            size(one.promised.memory),
            one.host or "-",
        )
        for one in found
    ]
    head = (*(("NAMESPACE",) if everywhere else ()), "MACHINE", "CPU", "CPU%", "OF", "MEMORY", "MEMORY%", "OF", "HOST")
    return style.table(head, rows)


def cores(value: float) -> str:
    """Cores, to a hundredth: 0.25, 3."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def size(value: float) -> str:
    """Bytes, in the largest unit of which there is at least one: 512Mi, 1.5Gi."""
    power = 0
    while value >= 1024 and power < len(UNITS) - 1:
        value, power = value / 1024, power + 1
    digits = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
    return f"{digits}{UNITS[power]}"


def _cores(found: Usage | None) -> str:
    return "-" if found is None else cores(found.cpu)


def _memory(found: Usage | None) -> str:
    return "-" if found is None else size(found.memory)


def _share(used: Usage | None, whole: Usage, of: Literal["cpu", "memory"]) -> Cell | str:
    most: float = getattr(whole, of)
    if used is None or not most:
        return "-"
    share: float = getattr(used, of) / most
    mood: Mood = "bad" if share >= HIGH else "going" if share >= MIDDLE else "plain"
    return Cell(f"{100 * share:.0f}%", mood)


def _cpu_share(used: Usage | None, whole: Usage) -> float:
    return used.cpu / whole.cpu if used and whole.cpu else -1.0
