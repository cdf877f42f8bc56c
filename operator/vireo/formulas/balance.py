"""The load-balance model: R, A, T, B, imbalance and what a placement changes of it; V and headroom. The plain ones, each as it reads.

What a scheduler waits for is the same in vireo.load, kept up to date by single changes; the tests hold it against these.

All take amounts that are finite and not negative: what is measured is looked at before it comes here (vireo.load.samples). A capacity
of 0 means that nothing is known of that resource on that node: it takes no part there.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

LEAST_EFFICIENCY: Final = 0.1
"""Whoever gets less than a tenth of what it wants counts as if it got that: T stays within bounds."""


class Amounts(NamedTuple):
    """A number for each resource: cpu in cores, memory in bytes, disk and network in bytes a second. Or a share of each, or a weight."""

    cpu: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    network: float = 0.0


NOTHING: Final = Amounts()
WEIGHTS: Final = Amounts(cpu=0.4, memory=0.4, disk=0.1, network=0.1)
"""w, which sums to 1."""
CEILING: Final = 0.9
"""The share of a node above which one resource is full, whatever the others are."""
NOISE: Final = 0.01
"""A difference of use, in shares of a node, that is none: what is measured goes up and down by more."""


@dataclass(frozen=True)
class Load:
    """What a workload takes: R, and its performance index T."""

    demand: Amounts
    performance: float = 1.0


@dataclass(frozen=True)
class Node:
    """What a node can give, c, and what runs on it."""

    capacity: Amounts
    loads: tuple[Load, ...] = ()


def demand(count: float, size: Amounts) -> Amounts:
    """R = p c: so many units of that size."""
    return Amounts(*(count * one for one in size))


def performance(efficiency: float = 1.0, sensitivity: float = 1.0) -> float:
    """T = e / s. `efficiency` e: the share that it got of what it wanted, 1 while that is unknown; `sensitivity` s, above 0: how much
    its load weighs, 1 by default. A workload that is starved, or sensitive, counts for more."""
    return min(1.0, max(LEAST_EFFICIENCY, efficiency)) / sensitivity


def share(demand: Amounts, capacity: Amounts, weights: Amounts = WEIGHTS) -> Amounts:
    """A = R w / c: the weighted share of the node that the demand takes, for each resource."""
    return Amounts(*(w * part for w, part in zip(weights, parts(demand, capacity), strict=True)))


def parts(amounts: Amounts, capacity: Amounts) -> Amounts:
    """Each amount as a share of the node: 0 where the capacity is not known."""
    return Amounts(*(one / whole if whole else 0.0 for one, whole in zip(amounts, capacity, strict=True)))


def load(node: Node, weights: Amounts = WEIGHTS) -> float:
    """B = sum over workloads and resources of A / T, in shares of a node: what is shown as its load."""
    return sum(sum(share(one.demand, node.capacity, weights)) / one.performance for one in node.loads)


def felt(node: Node) -> Amounts:
    """sum of R / T for each resource: what is in use, where what is starved or sensitive counts for more."""
    return _sum(Amounts(*(one / each.performance for one in each.demand)) for each in node.loads)


def use(node: Node) -> Amounts:
    """u = sum of R / (T c), in shares of the node."""
    return parts(felt(node), node.capacity)


def filled(node: Node) -> Amounts:
    """sum of R / c: how full the node is, without T."""
    return parts(_sum(each.demand for each in node.loads), node.capacity)


def over_ceiling(node: Node, ceiling: float = CEILING) -> bool:
    """Whether any resource is fuller than the ceiling: a sum of all hides one that is full."""
    return max(filled(node)) > ceiling


def mean(nodes: Sequence[Node]) -> Amounts:
    """m = sum of R / T over all nodes, over the sum of their capacities: the use that all would have if it were even."""
    return parts(_sum(_known(felt(one), one.capacity) for one in nodes), total(nodes))


def total(nodes: Sequence[Node]) -> Amounts:
    """The capacities of all."""
    return _sum(one.capacity for one in nodes)


def imbalance(nodes: Sequence[Node], weights: Amounts = WEIGHTS) -> float:
    """sqrt(sum_r w_r sum_n c_n (u_n - m)^2 / sum_n c_n), in shares of a node: how far the use of nodes is from the same everywhere.

    A large node counts for more. 0 for no node, for one, and where all have the same use.
    """
    middle, whole = mean(nodes), total(nodes)
    squares = Amounts(*(sum(_square(one, middle, r) for one in nodes) for r in range(len(Amounts._fields))))
    return math.sqrt(sum(w * part for w, part in zip(weights, parts(squares, whole), strict=True)))


def _square(node: Node, middle: Amounts, resource: int) -> float:
    return node.capacity[resource] * (use(node)[resource] - middle[resource]) ** 2


@dataclass(frozen=True)
class Cluster:
    """What one placement must know of all nodes: their mean use m and their capacities together."""

    mean: Amounts
    total: Amounts
    weights: Amounts = WEIGHTS


def change(added: Load, use: Amounts, capacity: Amounts, cluster: Cluster) -> float:
    """By how much imbalance² changes if the load comes to the node with that use and capacity.

    sum_r w_r (2 a (u - m) + a² / c - a² / C) / C, with a = R / T and C the capacity of all: the closed form of imbalance² after it
    less imbalance² before. What is the same for all nodes is left in, so that it holds for mixed nodes of which not all is known.
    """
    changed = 0.0
    for r, one in enumerate(added.demand):
        if capacity[r]:
            a, whole = one / added.performance, cluster.total[r]
            beside = 2 * a * (use[r] - cluster.mean[r]) + a * a / capacity[r] - a * a / whole
            changed += cluster.weights[r] * beside / whole
    return changed


def unit(added: Load, cluster: Cluster) -> float:
    """By how much imbalance² changes, at least about, for each share of a node by which the load meets more use: `change` over this is
    a difference in shares of a node. 0 where the load takes nothing."""
    return sum(
        2 * w * (one / added.performance) / whole
        for w, one, whole in zip(cluster.weights, added.demand, cluster.total, strict=True)
        if whole
    )


BEST: Final = 10
"""The highest score that a scheduler takes from an extender; the lowest is 0."""


def scores(changes: Sequence[float], full: Sequence[bool], noise: float) -> list[int]:
    """The changes as scores: the best gets 10, the worst 0 (1 where others are full), and what lies between 9 at most.

    The best alone has 10, so that it is known whom a scheduler takes; of equals the first. The others have 9 where best and worst differ
    by no more than `noise`: next to nothing beside any wish of the user's. Full ones come after all others, unless all are.
    """
    open_ = [one for one, closed in zip(changes, full, strict=True) if not closed]
    if not open_:
        return scores(changes, [False] * len(changes), noise)
    lowest, best, worst = int(any(full)), min(open_), max(open_)
    if worst - best <= noise:
        found = [0 if closed else BEST - 1 for closed in full]
    else:
        step = (BEST - 1 - lowest) / (worst - best)
        found = [0 if closed else lowest + int(step * (worst - one)) for one, closed in zip(changes, full, strict=True)]
    found[next(i for i, one in enumerate(changes) if one == best and not full[i])] = BEST
    return found


def in_use(demands: Sequence[Amounts], whole: Amounts) -> float:
    """V = sum_i max_r R / P: nodes' worth in use, P being one node. A workload counts by the resource of which it takes most."""
    return sum(max(parts(one, whole)) for one in demands)


@dataclass(frozen=True)
class Headroom:
    """How many more of a shape fit, and the resource that ends first ("" where nothing is asked)."""

    fit: int
    bound_by: str


def headroom(free: Sequence[Amounts], asked: Amounts) -> Headroom:
    """sum_n floor(min_r free / asked): how many more fit into what each node has free; never less than 0."""
    wanted = [r for r, one in enumerate(asked) if one > 0]
    if not wanted:
        return Headroom(0, "")
    fits = [max(0, min(math.floor(one[r] / asked[r]) for r in wanted)) for one in free]
    first = min(wanted, key=lambda r: sum(max(0.0, one[r]) for one in free) / asked[r])
    return Headroom(sum(fits), Amounts._fields[first])


def _known(amounts: Amounts, capacity: Amounts) -> Amounts:
    return Amounts(*(one if whole else 0.0 for one, whole in zip(amounts, capacity, strict=True)))


def _sum(many: Iterable[Amounts]) -> Amounts:
    return Amounts(*(math.fsum(column) for column in zip(*many, strict=True)))
