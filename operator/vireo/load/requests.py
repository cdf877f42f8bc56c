"""What a pod requests, as the scheduler counts it."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from vireo.api.quantities import quantity
from vireo.formulas.balance import Amounts

_LONGEST_QUANTITY: Final = 64


class Resources(msgspec.Struct, frozen=True):
    """resources of a pod, or of a container."""

    requests: dict[str, str] | None = None


class Container(msgspec.Struct, frozen=True):
    """spec.containers[] and spec.initContainers[]."""

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


def asked(spec: Spec) -> Amounts:
    """What a scheduler counts for the pod: its own requests, else the most that its containers ask for at one time; and the overhead.

    Of disk and network nothing is known before they are measured. Raises ValueError."""
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


def _asked(requests: Mapping[str, str] | None) -> _Asked:
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
        raise ValueError(f"the pod requests {text[:_LONGEST_QUANTITY]!r} of {name}, which is no quantity")
    return found


def _sum(one: _Asked, other: _Asked) -> _Asked:
    return _Asked(one.cpu + other.cpu, one.memory + other.memory)


def _most(one: _Asked, other: _Asked) -> _Asked:
    return _Asked(max(one.cpu, other.cpu), max(one.memory, other.memory))
