"""The table: what each node can give, what runs on it, what is held for pods that are about to. Kept up to date by single changes.

The plain formulas are in vireo.formulas.balance. Here their sums are kept for each node, in columns of numpy, so that a scheduler
waits for a few vector operations whatever the number of pods. `now` is in seconds since the epoch everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

import numpy as np

from vireo.api.measures import RESOURCES, Quantity, Sample
from vireo.formulas.balance import CEILING, NOTHING, WEIGHTS, Amounts, Cluster, Load, parts
from vireo.load.demand import USUAL, Grounds, Taken, Workload, taken
from vireo.load.ranking import Columns, Floats, Ranking, cluster_of, rank
from vireo.load.samples import Doubt, Smoothed, doubt

SAME: Final = 0.001
"""Seconds between two samples that are one: a source is asked more often than it looks."""
HELD: Final = 2.0
"""Seconds for which a node that was ranked first holds the demand of a pod whose binding is not seen yet."""
_NOT_YET: Final = Taken(Load(NOTHING), Grounds())
_UNNAMED: Final = Workload()


@dataclass(slots=True)
class _Entry:
    """A workload: what is known, what is measured, and what of it is in the sums of its node."""

    workload: Workload
    measured: dict[Quantity, Smoothed] = field(default_factory=dict)
    taken: Taken = _NOT_YET
    used: tuple[str, float, float] | None = None
    """What it adds to what is usual for its shape: the shape, vCPUs in use, vCPUs promised."""


@dataclass(frozen=True)
class Shown:
    """A node as it is shown: capacity, what is in use (R, without T), the share u, and B."""

    capacity: Amounts
    demand: Amounts
    use: Amounts
    load: float


class Table:
    """All nodes and workloads. Whatever comes in for what is not known is dropped and counted in `doubts`."""

    def __init__(self, weights: Amounts = WEIGHTS, ceiling: float = CEILING) -> None:
        self.weights, self.ceiling = weights, ceiling
        self.doubts: Counter[Doubt] = Counter()
        self._index: dict[str, int] = {}
        self._free: list[int] = []
        self._era = 0
        self._columns = Columns(*(np.zeros((len(RESOURCES), 16)) for _ in range(3)))
        self._sums: Floats | None = None
        self._entries: dict[str, _Entry] = {}
        self._on: defaultdict[str, set[str]] = defaultdict(set)
        self._beside: dict[str, dict[Quantity, Smoothed]] = {}
        self._others: dict[str, Amounts] = {}
        self._held: dict[str, tuple[str, Load, float]] = {}
        self._usual: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def put_node(self, name: str, capacity: Amounts) -> None:
        """A node with what it can give: allocatable, and 0 where nothing is known."""
        fresh = name not in self._index
        if fresh:
            self._index[name] = self._free.pop() if self._free else self._room()
            self._era += 1
        self._columns.capacity[:, self._index[name]] = capacity
        self._sums = None
        if fresh:
            for load in self._loads_on(name):
                self._add(name, load, 1)

    def drop_node(self, name: str) -> None:
        """A node that is no more. What runs there is forgotten when its pods are."""
        if (found := self._index.pop(name, None)) is not None:
            for columns in self._columns:
                columns[:, found] = 0.0
            self._sums = None
            self._free.append(found)
            self._beside.pop(name, None)
            self._others.pop(name, None)

    def _room(self) -> int:
        used = len(self._index)
        if used == self._columns.capacity.shape[1]:
            self._columns = Columns(*(np.pad(one, ((0, 0), (0, used))) for one in self._columns))
        return used

    def _loads_on(self, node: str) -> Iterator[Load]:
        yield from (self._entries[key].taken.load for key in self._on.get(node, ()))
        yield from (load for where, load, _ in self._held.values() if where == node)
        yield Load(self._others.get(node, NOTHING))

    def _add(self, node: str, load: Load, sign: int) -> None:
        found = self._index.get(node)
        if found is not None:
            demand = sign * np.array(load.demand)
            felt = demand / load.performance
            self._columns.demand[:, found] += demand
            self._columns.felt[:, found] += felt
            if self._sums is not None:
                self._sums[1] += felt * (self._columns.capacity[:, found] > 0)

    def put(self, key: str, workload: Workload, now: float) -> None:
        """A pod, as it is now. One that has a node is not held for any longer."""
        entry = self._entries.setdefault(key, _Entry(_UNNAMED))
        self._take_off(key, entry)
        entry.workload = workload
        if workload.node:
            self._let_go(key)
        self._put_on(key, entry, now)

    def drop(self, key: str) -> None:
        """A pod that is no more, or has ended."""
        self._let_go(key)
        if entry := self._entries.pop(key, None):
            self._take_off(key, entry)

    def hold(self, key: str, node: str, load: Load, now: float) -> None:
        """Counts what the pod takes on the node until its binding is seen, or HELD is over."""
        entry = self._entries.get(key)
        self._let_go(key)
        if entry is None or not entry.workload.node:
            self._held[key] = (node, load, now + HELD)
            self._add(node, load, 1)

    def _let_go(self, key: str) -> None:
        if held := self._held.pop(key, None):
            self._add(held[0], held[1], -1)

    def _let_go_until(self, now: float) -> None:
        """The oldest come first: all are held for the same time."""
        while self._held and self._held[first := next(iter(self._held))][2] <= now:
            self._let_go(first)

    def _take_off(self, key: str, entry: _Entry) -> None:
        if entry.used:
            shape, used, promised = entry.used
            for name in {shape, ""}:
                self._usual[name][0] -= used
                self._usual[name][1] -= promised
            entry.used = None
        if entry.workload.node and key in self._on[entry.workload.node]:
            self._add(entry.workload.node, entry.taken.load, -1)
            self._on[entry.workload.node].discard(key)

    def _put_on(self, key: str, entry: _Entry, now: float) -> None:
        entry.taken = taken(entry.workload, entry.measured, self.usual, now)
        if entry.workload.node:
            self._add(entry.workload.node, entry.taken.load, 1)
            self._on[entry.workload.node].add(key)
        promised = entry.workload.promised.cpu
        if promised and entry.taken.grounds.cpu == "Measured":
            used = min(promised, entry.taken.load.demand.cpu)  # what carries the guest may take more; its vCPUs can not
            entry.used = (entry.workload.shape, used, promised)
            for name in {entry.workload.shape, ""}:
                self._usual[name][0] += used
                self._usual[name][1] += promised

    def usual(self, shape: str) -> float:
        """The share of its vCPUs that a machine uses: the mean of those of its shape, else of all, else a default."""
        for name in (shape, ""):
            used, promised = self._usual.get(name, (0.0, 0.0))
            if promised > 0:
                return max(0.0, used / promised)
        return USUAL

    def taken(self, key: str) -> Taken | None:
        """What a pod is taken to use; None of one that is not known."""
        found = self._entries.get(key)
        return found.taken if found else None

    def sample(self, sample: Sample, now: float) -> None:
        """Believes a sample, or counts why not."""
        if (why_not := self._sample(sample, now)) is not None:
            self.doubts[why_not] += 1

    def _sample(self, sample: Sample, now: float) -> Doubt | None:
        node = self._index.get(sample.node)
        entry = self._entries.get(sample.workload)
        if node is None or (sample.workload and (entry is None or entry.workload.node != sample.node)):
            return "Unknown"
        if why_not := doubt(sample, self._capacity_of(node, sample.quantity)):
            return why_not
        measured = entry.measured if entry else self._beside.setdefault(sample.node, {})
        before, at = measured.get(sample.quantity), now - sample.age
        if before and abs(before.at - at) < SAME:
            return None
        joined = before.joined(sample.value, at) if before and before.fresh(now) else Smoothed(sample.value, at)
        if joined is None:
            return "Late"
        if entry:
            self._take_off(sample.workload, entry)
        measured[sample.quantity] = joined
        if entry:
            self._put_on(sample.workload, entry, now)
        else:
            self._set_others(sample.node, now)
        return None

    def _capacity_of(self, node: int, quantity: Quantity) -> float:
        return 0.0 if quantity == "efficiency" else float(self._columns.capacity[RESOURCES.index(quantity), node])

    def _set_others(self, node: str, now: float) -> None:
        """What the node takes beside its pods: the measured total less what is taken by those."""
        before, found = self._others.get(node, NOTHING), self._index[node]
        pods = self._columns.demand[:, found] - np.array(before)
        measured = self._beside.get(node, {})
        total = [seen.value if (seen := measured.get(r)) and seen.fresh(now) else 0.0 for r in RESOURCES]
        others = Amounts(*(max(0.0, float(one - beside)) for one, beside in zip(total, pods, strict=True)))
        self._add(node, Load(before), -1)
        self._others[node] = others
        self._add(node, Load(others), 1)

    def age(self, now: float) -> None:
        """Falls back where what was measured is too old by now, and lets go of what was held long enough."""
        for _ in self.aging(now):
            pass

    def aging(self, now: float) -> Iterator[None]:
        """The same, a workload at a time, for who has others to answer meanwhile: the table may be changed and asked between any two."""
        self._let_go_until(now)
        self._sums = None  # summed up anew, so that what is lost in rounding stays small
        for key, entry in list(self._entries.items()):
            changes = _rests_on_stale(entry, now) or entry.taken.grounds.cpu == "Usual"
            if changes and self._entries.get(key) is entry:
                self._take_off(key, entry)
                self._put_on(key, entry, now)
            yield
        for node in list(self._beside):
            if node in self._index:
                self._set_others(node, now)
            yield

    def rank(self, load: Load, names: Sequence[str], now: float) -> Ranking:
        """Scores the nodes for what is to be placed. What was held too long counts no more."""
        self._let_go_until(now)
        rows = np.fromiter(map(self._index.get, names, repeat(-1)), np.intp, len(names))
        return rank(load, rows, self._era, self._columns, self._cluster(), self.ceiling)

    def imbalance(self) -> float:
        """How far the use of nodes is from even, in shares of a node."""
        return self._columns.imbalance(self._cluster())

    def _cluster(self) -> Cluster:
        if self._sums is None:
            self._sums = self._columns.sums()
        return cluster_of(self._sums, self.weights)

    def shown(self) -> dict[str, Shown]:
        """Every node as it is shown, by name."""
        return {name: self._shown(found) for name, found in sorted(self._index.items())}

    def _shown(self, found: int) -> Shown:
        capacity, felt, demand = (Amounts(*one[:, found].tolist()) for one in self._columns)
        use = parts(felt, capacity)
        return Shown(capacity, demand, use, sum(w * u for w, u in zip(self.weights, use, strict=True)))

    def __contains__(self, node: str) -> bool:
        return node in self._index

    def __len__(self) -> int:
        return len(self._index)


def _rests_on_stale(entry: _Entry, now: float) -> bool:
    grounds = zip(RESOURCES, entry.taken.grounds, strict=True)
    return any(ground == "Measured" and not entry.measured[r].fresh(now) for r, ground in grounds)
