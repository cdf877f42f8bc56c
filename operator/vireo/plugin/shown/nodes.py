"""The tables of `kubectl vireo top nodes`: what is used, what was promised, the load of each node by the model, and what has room."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vireo.api.objects import Live
from vireo.api.resources import Key
from vireo.formulas.balance import Amounts, headroom, in_use
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.load.pods import requested
from vireo.load.table import Table
from vireo.load.world import NodeView, PlacedPod, PlacedSpec, capacity, machine_of
from vireo.plugin.shown.style import Style
from vireo.plugin.shown.usage import Usage, cores, cpu_cell, memory_cell, share_cell, size, total


class Taint(msgspec.Struct, frozen=True):
    """spec.taints[] of a node."""

    key: str
    effect: str
    value: str = ""


class Toleration(msgspec.Struct, frozen=True):
    """spec.tolerations[] of a pod."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""

    def tolerates(self, taint: Taint) -> bool:
        """As Kubernetes has it: without a key all keys, without an effect all effects."""
        same = self.operator == "Exists" or self.value == taint.value
        return self.key in ("", taint.key) and self.effect in ("", taint.effect) and same


class TaintedSpec(msgspec.Struct, frozen=True):
    """spec of a node."""

    taints: tuple[Taint, ...] = ()


class TaintedNode(NodeView, frozen=True):
    """What a node gives, and to whom."""

    spec: TaintedSpec = TaintedSpec()


class ChoosySpec(PlacedSpec, frozen=True, rename="camel"):
    """What a pod asks for, and of which nodes."""

    node_selector: dict[str, str] | None = None
    tolerations: tuple[Toleration, ...] | None = None


class ChoosyPod(PlacedPod, frozen=True):
    """A pod, as the scheduler looks at it."""

    spec: ChoosySpec = ChoosySpec()

    def may_go_to(self, node: Live[TaintedNode]) -> bool:
        """Whether the node has the labels that the pod wants, and no taint that it does not tolerate: a cordon is one, and a failure."""
        wanted = (self.spec.node_selector or {}).items()
        taints = [taint for taint in node.view.spec.taints if taint.effect != "PreferNoSchedule"]
        tolerated = self.spec.tolerations or ()
        return wanted <= node.meta.labels.items() and all(
            any(one.tolerates(taint) for one in tolerated) for taint in taints
        )


class NodeTop(msgspec.Struct, frozen=True, rename="camel"):
    """A node. `load` is B of the model, in shares of a node. None: `used` is not measured; the rest may not be looked at."""

    name: str
    load: float | None
    used: Usage | None
    allocatable: Usage
    promised: Usage | None
    machines: int | None


class Room(msgspec.Struct, frozen=True, rename="camel"):
    """How many more fit that ask for as much as the machine `like`, and what ends first."""

    like: str
    asked: Usage
    fit: int
    bound_by: str


class Balance(msgspec.Struct, frozen=True, rename="camel"):
    """The load of all: its imbalance in shares of a node, how many nodes' worth are in use (V), room for more (None: no machine runs)."""

    imbalance: float
    in_use: float
    room: Room | None


class NodesTop(msgspec.Struct, frozen=True):
    """As JSON has it. `balance` is None where pods may not be looked at."""

    nodes: tuple[NodeTop, ...]
    balance: Balance | None


Pods = Sequence[Live[ChoosyPod]]


@dataclass(frozen=True)
class Looked:
    """What was found: `used` is what nodes are measured to use. What may not be looked at is None."""

    nodes: Sequence[Live[TaintedNode]]
    pods: Pods | None
    instances: Sequence[Live[InstanceView]] | None
    used: Mapping[str, Usage]
    table: Table


def top_of(found: Looked) -> NodesTop:
    """Those with the highest load first."""
    shown, machines = found.table.shown(), _machines(found.instances)
    pods = None if found.pods is None else [pod for pod in found.pods if not pod.view.ended]
    promised = _promised(pods or ())
    tops = [
        NodeTop(
            name=one.meta.name,
            load=None if pods is None else shown[one.meta.name].load,
            used=found.used.get(one.meta.name),
            allocatable=Usage.of(capacity(one)),
            promised=None if pods is None else promised[one.meta.name],
            machines=None if machines is None else machines[one.meta.name],
        )
        for one in found.nodes
    ]
    balance = None if pods is None else _balance(found, pods, promised)
    return NodesTop(tuple(sorted(tops, key=lambda one: (-_weight(one), one.name))), balance)


def _weight(one: NodeTop) -> float:
    if one.load is not None:
        return one.load
    return one.used.cpu / one.allocatable.cpu if one.used and one.allocatable.cpu else -1.0


def _promised(pods: Pods) -> Mapping[str, Usage]:
    """By node; of one without pods it is nothing."""
    found: defaultdict[str, Usage] = defaultdict(Usage)
    for pod in pods:
        found[pod.view.spec.node_name] = found[pod.view.spec.node_name].plus(Usage.of(requested(pod.view)))
    return found


def _machines(instances: Iterable[Live[InstanceView]] | None) -> Mapping[str, int] | None:
    if instances is None:
        return None
    return Counter(one.view.status.node_name for one in instances if not one.view.final)


def _balance(found: Looked, pods: Pods, promised: Mapping[str, Usage]) -> Balance:
    """A node of V is as large as the mean of all."""
    placed = [
        taken.load.demand for pod in pods if pod.view.spec.node_name and (taken := found.table.taken(pod.view.key))
    ]
    whole = total(Usage.of(capacity(one)) for one in found.nodes)
    many = max(1, len(found.nodes))
    mean = Amounts(whole.cpu / many, whole.memory / many)
    return Balance(found.table.imbalance(), in_use(placed, mean), _room(found.nodes, pods, promised))


def _room(nodes: Sequence[Live[TaintedNode]], pods: Pods, promised: Mapping[str, Usage]) -> Room | None:
    """For the shape that most machines have."""
    shapes: defaultdict[Amounts, list[tuple[Key, ChoosyPod]]] = defaultdict(list)
    for pod in pods:
        if pod.view.spec.node_name and (key := machine_of(pod.meta)):
            shapes[requested(pod.view)].append((key, pod.view))
    if not shapes:
        return None
    asked = max(shapes, key=lambda one: (len(shapes[one]), one))
    machine, like = min(shapes[asked], key=lambda one: one[1].key)
    found = headroom([_free(one, promised) for one in nodes if like.may_go_to(one)], asked)
    return Room(f"{machine.namespace}/{machine.name}", Usage.of(asked), found.fit, found.bound_by)


def _free(node: Live[TaintedNode], promised: Mapping[str, Usage]) -> Amounts:
    has, gave = capacity(node), promised[node.meta.name]
    return Amounts(has.cpu - gave.cpu, has.memory - gave.memory)


def page_of_nodes(found: NodesTop, style: Style) -> list[str]:
    """A line a node, and what is to be said of all."""
    rows = [
        (
            one.name,
            "-" if one.load is None else f"{one.load:.2f}",
            cpu_cell(one.used),
            share_cell(one.used, one.allocatable, "cpu"),
            cpu_cell(one.promised),
            cores(one.allocatable.cpu),
            memory_cell(one.used),
            share_cell(one.used, one.allocatable, "memory"),
            memory_cell(one.promised),
            size(one.allocatable.memory),
            "-" if one.machines is None else str(one.machines),
        )
        for one in found.nodes
    ]
    head = ("NODE", "LOAD", "CPU", "CPU%", "PROMISED", "OF", "MEMORY", "MEMORY%", "PROMISED", "OF", "MACHINES")
    return [*style.table(head, rows), *(_of_all(found.balance, len(rows)) if found.balance else ())]


def _of_all(found: Balance, nodes: int) -> list[str]:
    lines = [
        "",
        f"Of {nodes} nodes {found.in_use:.2f} nodes' worth are in use; the load's imbalance is {found.imbalance:.3f} of a node.",
    ]
    if room := found.room:
        asks = f"{cores(room.asked.cpu)} cores and {size(room.asked.memory)} of memory"
        lines.append(
            f"Room for {room.fit} more machines like {room.like}, for which {asks} are kept: {room.bound_by} ends first."
        )
    return lines
