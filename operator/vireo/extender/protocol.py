"""What a scheduler POSTs to an extender (k8s.io/kube-scheduler/extender/v1: ExtenderArgs), and what it is answered. Pure.

Of the pod only that is read which says what it will take. Whatever is sent, the one error is BadArgsError.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec
import numpy as np

from vireo.formulas.balance import BEST
from vireo.load.pods import Pod
from vireo.load.ranking import Ranking

MOST_NODES: Final = 65_536
"""How many nodes a scheduler may ask about: more than any cluster has."""
Name = Annotated[str, msgspec.Meta(max_length=253)]


class BadArgsError(Exception):
    """What was sent is nothing that a scheduler sends; in words for a log."""


class Args(msgspec.Struct, frozen=True):
    """The pod, and the names of the nodes that have room for it."""

    pod: Pod
    names: Sequence[str]


class _Sent(msgspec.Struct, rename={"pod": "Pod", "nodes": "Nodes", "names": "NodeNames"}):
    pod: Pod
    nodes: msgspec.Raw = msgspec.Raw(b"null")
    names: Annotated[list[Name], msgspec.Meta(max_length=MOST_NODES)] | None = None


_decoder: Final = msgspec.json.Decoder(_Sent)


def read(body: bytes) -> Args:
    """What was asked. Raises BadArgsError."""
    try:
        sent = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadArgsError(f"no ExtenderArgs of a scheduler: {error}") from None
    if sent.names is None and bytes(sent.nodes) != b"null":
        raise BadArgsError("whole Nodes and no NodeNames were sent: this extender must be nodeCacheCapable")
    return Args(sent.pod, sent.names or ())


class Fragments:
    """The pieces that answers are joined from: for each row of a load table one for each score, encoded when a node is first asked about.

    Nodes come and go seldom: when a row has become another node's, all is forgotten and begun anew.
    """

    def __init__(self) -> None:
        self._era = -1
        self._pieces = np.full((0, BEST + 1), None)

    def answer(self, names: Sequence[str], ranking: Ranking) -> bytes:
        """A HostPriorityList: the score of each name."""
        if len(ranking.known) < len(names):
            return _joined(map(_piece, names, ranking.scores.tolist()))
        if ranking.era != self._era:
            self._era, self._pieces = ranking.era, np.full((0, BEST + 1), None)
        try:
            return self._of(ranking)
        except (IndexError, TypeError):  # not all are there yet
            self._learn(names, ranking)
            return self._of(ranking)

    def _of(self, ranking: Ranking) -> bytes:
        return _joined(self._pieces[ranking.rows, ranking.scores].tolist())

    def _learn(self, names: Sequence[str], ranking: Ranking) -> None:
        more = int(ranking.rows.max()) + 1 - len(self._pieces)
        if more > 0:
            self._pieces = np.vstack([self._pieces, np.full((more, BEST + 1), None)])
        for name, row in zip(names, ranking.rows.tolist(), strict=True):
            if self._pieces[row, 0] is None:
                self._pieces[row] = [_piece(name, score) for score in range(BEST + 1)]


def _joined(pieces: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(pieces) + b"]"


def _piece(name: str, score: int) -> bytes:
    return msgspec.json.encode({"Host": name, "Score": score})
