"""The record of a placement: all that it was made from, so that whoever reads it can compute it again; and what it says in words."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vireo.formulas.balance import BEST, NOISE, Amounts, Cluster, Load, change, unit
from vireo.load.demand import Grounds

AGREES: Final = 1e-3
"""Two computations of a change of use agree where they differ by less, in shares of a node: the record is rounded."""


class Candidate(msgspec.Struct, frozen=True, rename="camel"):
    """A node as it was: its use u, what it can give c, the change of imbalance² that the pod would bring, and the score for it."""

    node: str
    use: Amounts
    capacity: Amounts
    change: float
    score: int
    full: bool = False


class Decision(msgspec.Struct, frozen=True, rename="camel"):
    """Where a pod went, and what the extender knew. `asked`: how many nodes the scheduler asked about; `unknown`: those of them that
    the table did not know."""

    at: datetime
    node: str
    demand: Amounts
    grounds: Grounds
    performance: float
    weights: Amounts
    mean: Amounts
    total: Amounts
    imbalance: float
    asked: int
    candidates: tuple[Candidate, ...]
    unknown: tuple[str, ...] = ()

    @property
    def load(self) -> Load:
        return Load(self.demand, self.performance)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.mean, self.total, self.weights)

    def after(self, candidate: Candidate) -> float:
        """The imbalance with the pod on that node."""
        return math.sqrt(max(0.0, self.imbalance**2 + candidate.change))

    def of(self, node: str) -> Candidate | None:
        """The candidate of that name, if it was kept."""
        return next((one for one in self.candidates if one.node == node), None)


def again(found: Decision) -> bool:
    """Whether the record computes to what it says: each change by the plain formula, and who is best."""
    each = unit(found.load, found.cluster)
    return all(
        abs(change(found.load, one.use, one.capacity, found.cluster) - one.change) <= AGREES * each
        for one in found.candidates
    )


def why(found: Decision) -> str:
    """Why it went there, in a sentence or two."""
    chosen = found.of(found.node)
    if chosen is None:
        return f"The load table did not know {found.node}, so the load had no say."
    others = [one for one in found.candidates if one.node != found.node]
    if not others:
        return f"{found.node} was the only node that the load table knew of those that could take it."
    if not chosen.full and all(one.score >= BEST - 1 for one in found.candidates if not one.full):
        return (
            f"The load of all nodes that had room was equal to within {NOISE:.0%} of a node, so it had next to no say."
            + _others(others)
        )
    if chosen.score == BEST:
        return _best(found, chosen, others)
    first = next(one for one in found.candidates if one.score == BEST)
    return (
        f"By the load {first.node} was first and {found.node} had {chosen.score} of {BEST} points: the scheduler's other rules, such as an "
        "affinity, a spread, or a node that was taken meanwhile, decided."
    )


def _best(found: Decision, chosen: Candidate, others: Sequence[Candidate]) -> str:
    second = min(others, key=lambda one: (one.full, one.change))
    return (
        f"With it on {chosen.node} the imbalance of the nodes goes from {found.imbalance:.3f} to {found.after(chosen):.3f} of a node; "
        f"on the next best, {second.node}, to {found.after(second):.3f}." + _others(others)
    )


def _others(others: Sequence[Candidate]) -> str:
    full = [one.node for one in others if one.full]
    return f" Over the ceiling, and so behind all others: {', '.join(full)}." if full else ""
