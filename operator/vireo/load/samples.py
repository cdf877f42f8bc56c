"""Whether a sample can be believed, and the smoothing of many.

The one way in for all sources (vireo.kube.measures): what is not known is no sample, and what is absurd is none either.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from vireo.api.measures import Sample

Doubt = Literal["NotANumber", "Negative", "Beyond", "Late", "Future", "Unknown"]

HALF_LIFE: Final = 30.0
"""Seconds after which a sample counts for half of what is believed: two rounds of metrics-server. By time and not by count, so that it
does not matter how often a source is asked."""
STALE: Final = 180.0
"""Seconds after which what was measured last is not believed any more."""
BEYOND: Final = 100.0
"""Nothing takes so many times what its node has: it is a fault of the source."""
SKEW: Final = 30.0
"""Seconds by which the clock of a source may be ahead."""


def doubt(sample: Sample, capacity: float) -> Doubt | None:
    """Why a sample is not believed. `capacity`: what the node has of it, 0 where that is not known."""
    if not (math.isfinite(sample.value) and math.isfinite(sample.age)):
        return "NotANumber"
    if sample.value < 0:
        return "Negative"
    most = 1.0 if sample.quantity == "efficiency" else capacity * BEYOND
    if most and sample.value > most:
        return "Beyond"
    if sample.age > STALE:
        return "Late"
    return "Future" if sample.age < -SKEW else None


@dataclass(frozen=True, slots=True)
class Smoothed:
    """What is believed, and the moment of its newest sample in seconds since the epoch."""

    value: float
    at: float

    def joined(self, value: float, at: float) -> "Smoothed | None":
        """With a newer sample: an exponential mean over time. None where the sample is not newer."""
        if at <= self.at:
            return None
        kept = 0.5 ** ((at - self.at) / HALF_LIFE)
        return Smoothed(kept * self.value + (1 - kept) * value, at)

    def fresh(self, now: float) -> bool:
        return now - self.at <= STALE
