"""A ranking as a record: what is kept of it, once it is known where the pod went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from vireo.formulas.balance import Amounts
from vireo.load.decision import Candidate, Decision
from vireo.load.demand import Taken
from vireo.load.ranking import Floats, Ranking

KEPT: Final = 10
"""How many of the best candidates are kept, beside the winner and the worst."""
DIGITS: Final = 9


def decision(
    ranking: Ranking, names: Sequence[str], taken: Taken, imbalance: float, placed: tuple[str, datetime]
) -> Decision:
    """What is kept of a ranking once it is known where the pod went, and when."""
    node, at = placed
    cluster, known, use = ranking.cluster, set(ranking.known.tolist()), ranking.columns.use()
    return Decision(
        at=at,
        node=node,
        demand=_rounded(taken.load.demand),
        grounds=taken.grounds,
        performance=_round(taken.load.performance),
        weights=cluster.weights,
        mean=_rounded(cluster.mean),
        total=_rounded(cluster.total),
        imbalance=_round(imbalance),
        asked=len(names),
        candidates=tuple(_candidate(ranking, names, use, i) for i in _kept(ranking, names, node)),
        unknown=tuple(name for i, name in enumerate(names) if i not in known)[:KEPT],
    )


def _kept(ranking: Ranking, names: Sequence[str], node: str) -> list[int]:
    """Positions among the known: the best, the winner and the worst; the best first."""
    order = sorted(range(len(ranking.known)), key=lambda i: (bool(ranking.full[i]), float(ranking.changes[i])))
    winner = [i for i in order if names[ranking.known[i]] == node]
    return [i for k, i in enumerate(order) if k < KEPT or i in winner or i == order[-1]]


def _candidate(ranking: Ranking, names: Sequence[str], use: Floats, i: int) -> Candidate:
    position = int(ranking.known[i])
    return Candidate(
        node=names[position],
        use=_rounded(use[:, i].tolist()),
        capacity=_rounded(ranking.columns.capacity[:, i].tolist()),
        change=_round(float(ranking.changes[i])),
        score=int(ranking.scores[position]),
        full=bool(ranking.full[i]),
    )


def _rounded(values: Iterable[float]) -> Amounts:
    return Amounts(*(_round(one) for one in values))


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
