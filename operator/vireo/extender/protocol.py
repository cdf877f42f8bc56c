"""What a scheduler POSTs to an extender (k8s.io/kube-scheduler/extender/v1: ExtenderArgs), and what it is answered. Pure.

Of the pod only that is read which says what it will take. Whatever is sent, the one error is BadArgsError.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from vireo.api.names import ANNOTATION_SENSITIVITY
from vireo.api.objects import Meta
from vireo.api.quantities import quantity
from vireo.formulas.balance import BEST, Amounts

MOST_NODES: Final = 65_536
"""How many nodes a scheduler may ask about: more than any cluster has."""
LEAST_SENSITIVE: Final = 0.1
MOST_SENSITIVE: Final = 10.0
"""What is said beyond these is absurd."""

_LONGEST_QUANTITY: Final = 64
_FIRST_ROOM: Final = 256

Scores = Sequence[int] | NDArray[np.intp]
"""A score from 0 to BEST for each name that was asked about, in that order."""
Name = Annotated[str, msgspec.Meta(max_length=253)]
Texts = Mapping[str, str]


class BadArgsError(Exception):
    """What was sent is nothing that a scheduler sends; in words for a log."""


class Resources(msgspec.Struct, frozen=True):
    requests: dict[str, str] | None = None


class Container(msgspec.Struct, frozen=True):
    resources: Resources = Resources()
    restart_policy: str | None = msgspec.field(name="restartPolicy", default=None)

    @property
    def stays(self) -> bool:
        """Of an init container: whether it runs beside the others (a sidecar)."""
        return self.restart_policy == "Always"


class Spec(msgspec.Struct, frozen=True, rename="camel"):
    """`resources` are the pod's own, which take the place of what its containers ask for together."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] | None = None
    resources: Resources | None = None
    overhead: dict[str, str] | None = None


class Pod(msgspec.Struct, frozen=True):
    metadata: Meta
    spec: Spec = Spec()

    @property
    def key(self) -> str:
        """NAMESPACE/NAME, as the load table has it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"


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


def requested(pod: Pod) -> Amounts:
    """What a scheduler counts for the pod: its own requests, else the most that its containers ask for at one time; and the overhead.

    Of disk and network nothing is known before they are measured. Raises BadArgsError."""
    spec = pod.spec
    found = _together(spec)
    if spec.resources and (own := spec.resources.requests):
        found = _Asked(
            *(mine if name in own else one for name, mine, one in zip(_NAMES, _asked(own), found, strict=True))
        )
    found = _sum(found, _asked(spec.overhead))
    return Amounts(found.cpu, found.memory)


class _Asked(NamedTuple):
    cpu: float = 0.0
    memory: float = 0.0


_NAMES: Final = _Asked._fields
_NONE: Final = _Asked()


def _together(spec: Spec) -> _Asked:
    """An init container runs after those before it have ended, but beside the sidecars among them; the containers beside all sidecars."""
    beside = most = _NONE
    for one in spec.init_containers or ():
        running = _sum(beside, _asked(one.resources.requests))
        if one.stays:
            beside = running
        most = _most(most, running)
    for one in spec.containers:
        beside = _sum(beside, _asked(one.resources.requests))
    return _most(most, beside)


def _asked(requests: Texts | None) -> _Asked:
    if not requests:
        return _NONE
    return _Asked(_amount("cpu", requests.get("cpu", "0")), _amount("memory", requests.get("memory", "0")))


@lru_cache(1024)
def _amount(name: str, text: str) -> float:
    try:
        found = float(quantity(text)) if len(text) <= _LONGEST_QUANTITY else math.nan
    except (ValueError, ArithmeticError):
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise BadArgsError(f"the pod requests {text[:_LONGEST_QUANTITY]!r} of {name}, which is no quantity")
    return found


def _sum(one: _Asked, other: _Asked) -> _Asked:
    return _Asked(one.cpu + other.cpu, one.memory + other.memory)


def _most(one: _Asked, other: _Asked) -> _Asked:
    return _Asked(max(one.cpu, other.cpu), max(one.memory, other.memory))


def sensitivity(pod: Pod) -> float:
    """s of the model, as the pod's annotation says it; 1 where it says nothing, or nothing that can be."""
    try:
        found = float(pod.metadata.annotations.get(ANNOTATION_SENSITIVITY, "1"))
    except ValueError:
        return 1.0
    return found if LEAST_SENSITIVE <= found <= MOST_SENSITIVE else 1.0


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
