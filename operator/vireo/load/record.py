"""A ranking as a record: what is kept of it, once it is known where the pod went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from vireo.formulas.balance import Amounts
from vireo.load.decision import Candidate, Decision
from vireo.load.demand import Taken
from vireo.load.ranking import Ranking

KEPT: Final = 10
"""How many of the best candidates are kept, beside the winner and the worst."""
DIGITS: Final = 9


def decision(
    ranking: Ranking, names: Sequence[str], taken: Taken, imbalance: float, placed: tuple[str, datetime]
) -> Decision:
    """What is kept of a ranking once it is known where the pod went, and when."""
    node, at = placed
    cluster = ranking.cluster
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
        candidates=_candidates(ranking, names, _kept(ranking, names, node)),
        unknown=tuple(names[i] for i in np.flatnonzero(ranking.rows < 0)[:KEPT]),
    )


def _kept(ranking: Ranking, names: Sequence[str], node: str) -> list[int]:
    """Positions among the known: the best, the winner and the worst; the best first."""
    order = np.lexsort((ranking.changes, ranking.full)).tolist()
    winner = np.flatnonzero(ranking.known == (names.index(node) if node in names else -1)).tolist()
    return list(dict.fromkeys([*order[:KEPT], *winner, *order[-1:]]))


def _candidates(ranking: Ranking, names: Sequence[str], kept: Sequence[int]) -> tuple[Candidate, ...]:
    columns, positions = ranking.columns.of(np.array(kept, np.intp)), ranking.known[kept]
    found = zip(
        positions.tolist(),
        columns.use().T.tolist(),
        columns.capacity.T.tolist(),
        ranking.changes[kept].tolist(),
        ranking.full[kept].tolist(),
        strict=True,
    )
    return tuple(
        Candidate(names[i], _rounded(use), _rounded(capacity), _round(change), int(ranking.scores[i]), full)
        for i, use, capacity, change, full in found
    )


def _rounded(values: Iterable[float]) -> Amounts:
    return Amounts(*(_round(one) for one in values))


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
