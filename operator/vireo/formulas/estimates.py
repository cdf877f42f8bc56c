"""What is expected, from a few samples of which some are far off: durations have a heavy tail, drift, and come in whole seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Final

from vireo.api.learning import Estimate, Sample
from vireo.formulas.migration import copy_seconds

ENOUGH: Final = 3
"""So many of one size speak for themselves: of fewer, one that is far off decides."""


LEAST: Final = 1e-6
"""Nothing is faster than this, in seconds for each unit: what is seen within one second shows no difference."""


@dataclass(frozen=True)
class Rate:
    """Seconds that something takes at least, and those for each unit of its size."""

    base: float
    per_unit: float


def usual(samples: Sequence[Sample], size: float, default: float) -> Estimate:
    """Seconds that one of that size usually takes: by those of its size class, or by all where they are too few."""
    chosen = _alike(samples, size) or samples
    return Estimate(middle([one.seconds for one in chosen]), len(chosen)) if chosen else Estimate(default, 0)


def move(samples: Sequence[Sample], gib: float, default: Rate) -> Estimate:
    """Seconds that the copying of so much memory takes, by the fixed part and the speed of the link that the samples show.

    The line of those of its size class where they are enough: the more memory there is, the more changes while it is copied, so the whole
    is no line.
    """
    rate, alike = fit(samples, default), _alike(samples, gib)
    near = fit(alike, rate)
    return Estimate(near.base + copy_seconds(gib, 1 / near.per_unit), len(alike or samples))


def fit(samples: Sequence[Sample], default: Rate) -> Rate:
    """The line through the samples: the median of the slopes between any two (Theil and Sen), and the middle of what is left.

    Up to a quarter of the samples may be anywhere. Where all have one size, the slope is the default's. No line begins below zero.
    """
    if not samples:
        return default
    slopes = [
        (one.seconds - other.seconds) / (one.size - other.size)
        for one, other in combinations(samples, 2)
        if one.size != other.size
    ]
    slope = max(median(slopes) if slopes else default.per_unit, LEAST)
    base = middle([one.seconds - slope * one.size for one in samples])
    if base >= 0:
        return Rate(base, slope)
    return Rate(0.0, max(middle([one.seconds / one.size for one in samples if one.size]), LEAST))


def middle(values: Sequence[float]) -> float:
    """The mean of the middle half. A quarter at either end may be anywhere, as for a median; but a median of whole seconds is one
    itself, and may be half a second off for ever.
    """
    outside = (len(values) + 1) // 4
    inside = sorted(values)[outside : len(values) - outside]
    return sum(inside) / len(inside)


def together(estimates: Sequence[Estimate]) -> Estimate:
    """S = sum of its phases. The phase of which least was seen says how much it is worth."""
    return Estimate(sum(one.seconds for one in estimates), min(one.observations for one in estimates))


def _alike(samples: Sequence[Sample], size: float) -> list[Sample]:
    """Those of that size class, if they are enough."""
    found = [one for one in samples if _size_class(one.size) == _size_class(size)]
    return found if len(found) >= ENOUGH else []


def _size_class(size: float) -> int:
    """1, 2, 3 to 4, 5 to 8, ...: what differs by less is alike."""
    return (max(1, round(size)) - 1).bit_length()
