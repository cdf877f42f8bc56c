"""The change of imbalance² and the scores, for many nodes at once: what vireo.formulas.balance says for one, in the same order."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vireo.formulas.balance import BEST, NOISE, Amounts, Cluster, Load, parts, unit

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


class Columns(NamedTuple):
    """A column for each node, a row for each resource: capacity, sum of R / T, sum of R."""

    capacity: Floats
    felt: Floats
    demand: Floats

    def of(self, index: Whole) -> "Columns":
        """Those of some nodes, as they are now."""
        return Columns(*(one.take(index, axis=1) for one in self))

    def sums(self) -> Floats:
        """Of all nodes together the capacity, and the sum of R / T where a capacity is known: two rows, a column for each resource."""
        return np.array([self.capacity.sum(axis=1), np.where(self.capacity > 0, self.felt, 0.0).sum(axis=1)])

    def imbalance(self, cluster: Cluster) -> float:
        """How far the use of nodes is from even, in shares of a node."""
        squares = (self.capacity * (self.use() - np.array(cluster.mean)[:, None]) ** 2).sum(axis=1)
        each = parts(Amounts(*squares.tolist()), cluster.total)
        return math.sqrt(sum(w * one for w, one in zip(cluster.weights, each, strict=True)))

    def use(self) -> Floats:
        """u, in shares of the node."""
        return np.divide(self.felt, self.capacity, out=np.zeros_like(self.felt), where=self.capacity > 0)


def cluster_of(sums: Floats, weights: Amounts) -> Cluster:
    """What one placement must know of all."""
    whole, together = (Amounts(*one) for one in sums.tolist())
    return Cluster(parts(together, whole), whole, weights)


@dataclass(frozen=True)
class Ranking:
    """A score for each node that was asked for, in that order, and all that it was made from.

    `columns` and `changes` are those of the `known` nodes only: positions in what was asked. `rows`: where the table has each, -1 where
    it does not; the same row is the same node as long as `era` is the same.
    """

    load: Load
    cluster: Cluster
    scores: Whole
    known: Whole
    columns: Columns
    changes: Floats
    full: NDArray[np.bool_]
    rows: Whole
    era: int

    @property
    def first(self) -> int | None:
        """The position of the node that is ranked first; None where none of them is known."""
        return int(np.argmax(self.scores)) if len(self.known) else None

    @property
    def equal(self) -> bool:
        """Whether the difference between those that are not full is noise."""
        return bool(self.scores[self.scores > 0].min(initial=BEST) >= BEST - 1)


def rank(load: Load, rows: Whole, era: int, columns: Columns, cluster: Cluster, ceiling: float) -> Ranking:
    """Scores for the nodes in those rows; -1 for one that is not known. Where none is, all are equal."""
    known = np.flatnonzero(rows >= 0)
    chosen = columns.of(rows if len(known) == len(rows) else rows[known])
    changes, full = _changes(load, chosen, cluster), _full(load, chosen, ceiling)
    if len(known):
        noise = NOISE * unit(load, cluster)
        scores = _scores(_with_unknown(changes, known, len(rows)), _spread(full, known, len(rows)), noise)
    else:
        scores = np.full(len(rows), BEST, dtype=np.intp)
    return Ranking(load, cluster, scores, known, chosen, changes, full, rows, era)


def _changes(load: Load, columns: Columns, cluster: Cluster) -> Floats:
    """Only for what the load takes, with w (2 a (u - m) + a² / c - a² / C) / C as w / C ((2 a sum R / T + a²) / c - (2 a m + a² / C)):
    the fewest passes over all. Each node's sum is made in the same order, so that equal nodes are equal."""
    changed = np.zeros(columns.capacity.shape[1])
    for r, one in enumerate(load.demand):
        a, whole, capacity = one / load.performance, cluster.total[r], columns.capacity[r]
        if a and whole:
            part, known = cluster.weights[r] / whole, capacity.all()
            beside = columns.felt[r] * (2 * a * part) + a * a * part
            beside /= capacity if known else np.where(capacity > 0, capacity, 1.0)
            beside -= (2 * a * cluster.mean[r] + a * a / whole) * part
            changed += beside if known else np.where(capacity > 0, beside, 0.0)
    return changed


def _full(load: Load, columns: Columns, ceiling: float) -> NDArray[np.bool_]:
    """Whether any resource would be fuller than the ceiling."""
    over = columns.demand + np.array(load.demand)[:, None] > ceiling * columns.capacity
    return np.asarray(np.logical_or.reduce(over & (columns.capacity > 0)))


def _with_unknown(changes: Floats, known: Whole, count: int) -> Floats:
    """A node that is not known counts as the mean of the others."""
    if len(known) == count:
        return changes
    found = np.full(count, changes.mean())
    found[known] = changes
    return found


def _spread(full: NDArray[np.bool_], known: Whole, count: int) -> NDArray[np.bool_]:
    if len(known) == count:
        return full
    found = np.zeros(count, dtype=np.bool_)
    found[known] = full
    return found


def _scores(changes: Floats, full: NDArray[np.bool_], noise: float) -> Whole:
    lowest = int(full.any())
    if lowest and full.all():
        return _scores(changes, np.zeros_like(full), noise)
    among = np.where(full, np.inf, changes) if lowest else changes
    first = int(among.argmin())
    best, worst = among[first], (changes[~full] if lowest else changes).max()
    if worst - best <= noise:
        found = np.full(len(changes), BEST - 1, dtype=np.intp)
    else:
        step = (BEST - 1 - lowest) / (worst - best)
        found = lowest + (step * (worst - changes)).astype(np.intp)
    found[full] = 0
    found[first] = BEST
    return found
