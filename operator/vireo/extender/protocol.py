"""What a scheduler POSTs to an extender (k8s.io/kube-scheduler/extender/v1: ExtenderArgs), and what it is answered. Pure.

Of the pod only that is read which says what it will take. Whatever is sent, the one error is BadArgsError.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vireo.formulas.balance import BEST
from vireo.load.pods import Pod

MOST_NODES: Final = 65_536
"""How many nodes a scheduler may ask about: more than any cluster has."""
_FIRST_ROOM: Final = 256

Scores = Sequence[int] | NDArray[np.intp]
"""A score from 0 to BEST for each name that was asked about, in that order."""
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
    """The pieces that answers are joined from: for each node that was asked about one for each score, encoded once.

    When there are more nodes than a cluster has, all is forgotten and begun anew.
    """

    def __init__(self, most: int = MOST_NODES) -> None:
        self._most = most
        self._forget()

    def _forget(self) -> None:
        self._rows: dict[str, int] = {}
        self._pieces = np.empty((_FIRST_ROOM, BEST + 1), dtype=object)

    def answer(self, names: Sequence[str], scores: Scores) -> bytes:
        """A HostPriorityList: the score of each name."""
        rows = self._known(names)
        if len(rows) and rows.min() < 0:
            self._learn(names)
            rows = self._known(names)
        return b"[" + b",".join(self._pieces[rows, scores].tolist()) + b"]"

    def _known(self, names: Sequence[str]) -> NDArray[np.intp]:
        return np.fromiter(map(self._rows.get, names, repeat(-1)), np.intp, len(names))

    def _learn(self, names: Sequence[str]) -> None:
        fresh = set(names) - self._rows.keys()
        if len(self._rows) + len(fresh) > self._most:
            self._forget()
            fresh = set(names)
        self._make_room(len(self._rows) + len(fresh))
        for name in fresh:
            row = self._rows[name] = len(self._rows)
            self._pieces[row] = [_piece(name, score) for score in range(BEST + 1)]

    def _make_room(self, rows: int) -> None:
        if rows > len(self._pieces):
            larger = np.empty((max(rows, 2 * len(self._pieces)), BEST + 1), dtype=object)
            larger[: len(self._pieces)] = self._pieces
            self._pieces = larger

    def __len__(self) -> int:
        return len(self._rows)


def _piece(name: str, score: int) -> bytes:
    return msgspec.json.encode({"Host": name, "Score": score})
