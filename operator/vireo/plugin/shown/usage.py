"""CPU and memory as the tables of `kubectl vireo top` show them."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from vireo.api.measures import Sample
from vireo.formulas.balance import Amounts
from vireo.plugin.shown.style import Cell, Mood

HIGH, MIDDLE = 0.9, 0.7
"""From which share on a value is painted."""
UNITS: Final = ("B", "Ki", "Mi", "Gi", "Ti", "Pi")


class Usage(msgspec.Struct, frozen=True):
    """Measured, or promised: CPU in cores, memory in bytes."""

    cpu: float = 0.0
    memory: float = 0.0

    @classmethod
    def of(cls, amounts: Amounts) -> "Usage":
        return cls(amounts.cpu, amounts.memory)

    def plus(self, other: "Usage") -> "Usage":
        return Usage(self.cpu + other.cpu, self.memory + other.memory)


def total(many: Iterable[Usage]) -> Usage:
    """All of them together."""
    found = Usage()
    for one in many:
        found = found.plus(one)
    return found


def measured(samples: Iterable[Sample]) -> Mapping[tuple[str, str], Usage]:
    """What was measured, by node and pod (NAMESPACE/NAME; "" for the whole node)."""
    found: dict[tuple[str, str], Usage] = {}
    for one in samples:
        if one.quantity in ("cpu", "memory"):
            key = one.node, one.workload
            found[key] = found.get(key, Usage()).plus(Usage(**{one.quantity: one.value}))
    return found


def cores(value: float) -> str:
    """Cores, to a hundredth: 0.25, 3."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def size(value: float) -> str:
    """Bytes, in the largest unit of which there is at least one: 512Mi, 1.5Gi."""
    power = 0
    while value >= 1024 and power < len(UNITS) - 1:
        value, power = value / 1024, power + 1
    digits = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
    return f"{digits}{UNITS[power]}"


def cpu_cell(found: Usage | None) -> str:
    return "-" if found is None else cores(found.cpu)


def memory_cell(found: Usage | None) -> str:
    return "-" if found is None else size(found.memory)


def share_cell(used: Usage | None, whole: Usage, of: Literal["cpu", "memory"]) -> Cell | str:
    """The share in percent, painted where it is high."""
    most: float = getattr(whole, of)
    if used is None or not most:
        return "-"
    share: float = getattr(used, of) / most
    mood: Mood = "bad" if share >= HIGH else "going" if share >= MIDDLE else "plain"
    return Cell(f"{100 * share:.0f}%", mood)
