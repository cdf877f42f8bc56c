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
        return Columns(*(one[:, index] for one in self))

    def cluster(self, weights: Amounts) -> Cluster:
        """What one placement must know of all."""
        whole = Amounts(*self.capacity.sum(axis=1).tolist())
        together = Amounts(*np.where(self.capacity > 0, self.felt, 0.0).sum(axis=1).tolist())
        return Cluster(parts(together, whole), whole, weights)

    def imbalance(self, weights: Amounts) -> float:
        """How far the use of nodes is from even, in shares of a node."""
        cluster = self.cluster(weights)
        squares = (self.capacity * (self.use() - np.array(cluster.mean)[:, None]) ** 2).sum(axis=1)
        each = parts(Amounts(*squares.tolist()), cluster.total)
        return math.sqrt(sum(w * one for w, one in zip(weights, each, strict=True)))

    def use(self) -> Floats:
        """u, in shares of the node."""
        return np.divide(self.felt, self.capacity, out=np.zeros_like(self.felt), where=self.capacity > 0)


@dataclass(frozen=True)
class Ranking:
    """A score for each node that was asked for, in that order, and all that it was made from.

    `columns` and `changes` are those of the `known` nodes only: positions in what was asked.
    """

    load: Load
    cluster: Cluster
    scores: Whole
    known: Whole
    columns: Columns
    changes: Floats
    full: NDArray[np.bool_]

    @property
    def first(self) -> int | None:
        """The position of the node that is ranked first; None where none of them is known."""
        return int(np.argmax(self.scores)) if len(self.known) else None

    @property
    def equal(self) -> bool:
        """Whether the difference between those that are not full is noise."""
        return bool(self.scores[self.scores > 0].min(initial=BEST) >= BEST - 1)


def rank(load: Load, index: Whole, columns: Columns, weights: Amounts, ceiling: float) -> Ranking:
    """Scores for the nodes with those columns; -1 for one that is not known. Where none is, all are equal."""
    known = np.flatnonzero(index >= 0)
    chosen, cluster = columns.of(index[known]), columns.cluster(weights)
    changes, full = _changes(load, chosen, cluster), _full(load, chosen, ceiling)
    scores = np.full(len(index), BEST, dtype=np.intp)
    if len(known):
        scores = _scores(
            _with_unknown(changes, known, len(index)), _spread(full, known, len(index)), NOISE * unit(load, cluster)
        )
    return Ranking(load, cluster, scores, known, chosen, changes, full)


def _changes(load: Load, columns: Columns, cluster: Cluster) -> Floats:
    changed, use = np.zeros(columns.capacity.shape[1]), columns.use()
    for r, one in enumerate(load.demand):
        a, whole, capacity = one / load.performance, cluster.total[r], columns.capacity[r]
        if a and whole:
            known = capacity > 0
            filling = np.divide(a * a, capacity, out=np.zeros_like(capacity), where=known)
            beside = 2 * a * (use[r] - cluster.mean[r]) + filling - a * a / whole
            changed += np.where(known, cluster.weights[r] * beside / whole, 0.0)
    return changed


def _full(load: Load, columns: Columns, ceiling: float) -> NDArray[np.bool_]:
    """Whether any resource would be fuller than the ceiling."""
    after = columns.demand + np.array(load.demand)[:, None]
    return np.asarray((after > ceiling * columns.capacity).any(axis=0, where=columns.capacity > 0))


def _with_unknown(changes: Floats, known: Whole, count: int) -> Floats:
    """A node that is not known counts as the mean of the others."""
    found = np.full(count, changes.mean())
    found[known] = changes
    return found


def _spread(full: NDArray[np.bool_], known: Whole, count: int) -> NDArray[np.bool_]:
    found = np.zeros(count, dtype=np.bool_)
    found[known] = full
    return found


def _scores(changes: Floats, full: NDArray[np.bool_], noise: float) -> Whole:
    if full.all():
        return _scores(changes, np.zeros_like(full), noise)
    lowest, open_ = int(full.any()), ~full
    best, worst = changes[open_].min(), changes[open_].max()
    if worst - best <= noise:
        found = np.where(full, 0, BEST - 1)
    else:
        step = (BEST - 1 - lowest) / (worst - best)
        found = np.where(full, 0, lowest + (step * (worst - changes)).astype(np.intp))
    found[np.flatnonzero((changes == best) & open_)[0]] = BEST
    return found
