"""What a workload is taken to use: what is measured, else what is usual for what it was promised, else what it requested."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from vireo.api.measures import RESOURCES, Quantity
from vireo.formulas.balance import NOTHING, Amounts, Load, demand, performance
from vireo.load.samples import Smoothed

Ground = Literal["Measured", "Usual", "Promised", "Requested", "Unknown"]
"""On what a figure stands. Usual: the promised vCPUs times what machines of the class use of theirs. Unknown: it counts as 0."""

USUAL: Final = 0.25
"""The share of its vCPUs that a machine uses, where none was measured yet."""


@dataclass(frozen=True)
class Workload:
    """What is known of a pod before anything of it is measured.

    `promised`: the vCPUs and the memory of a machine; nothing for other pods. `shape`: machines of one shape are taken to be alike.
    """

    node: str = ""
    requested: Amounts = NOTHING
    promised: Amounts = NOTHING
    shape: str = ""
    sensitivity: float = 1.0


class Grounds(NamedTuple):
    """Beside each amount the ground that it stands on."""

    cpu: Ground = "Unknown"
    memory: Ground = "Unknown"
    disk: Ground = "Unknown"
    network: Ground = "Unknown"


@dataclass(frozen=True)
class Taken:
    """R and T of a workload, and the grounds of R."""

    load: Load
    grounds: Grounds


Measured = Mapping[Quantity, Smoothed]


def taken(workload: Workload, measured: Measured, usual: Callable[[str], float], now: float) -> Taken:
    """What the workload uses. `usual`: the share of its vCPUs that a machine of a shape uses."""
    found = [_amount(workload, r, measured, usual, now) for r in RESOURCES]
    efficiency = measured.get("efficiency")
    e = efficiency.value if efficiency and efficiency.fresh(now) else 1.0
    load = Load(Amounts(*(amount for amount, _ in found)), performance(e, workload.sensitivity))
    return Taken(load, Grounds(*(ground for _, ground in found)))


def _amount(
    workload: Workload, resource: Quantity, measured: Measured, usual: Callable[[str], float], now: float
) -> tuple[float, Ground]:
    seen = measured.get(resource)
    if seen and seen.fresh(now):
        return seen.value, "Measured"
    promised, requested = getattr(workload.promised, resource), getattr(workload.requested, resource)
    if promised and resource == "cpu":
        return demand(promised, Amounts(cpu=usual(workload.shape))).cpu, "Usual"
    if promised:
        return promised, "Promised"
    return (requested, "Requested") if requested else (0.0, "Unknown")
