"""How long things take on simulated nodes: heavy-tailed, drifting, and the same again for the same seed.

A duration is `median * image factor * e^(spread * normal) * tail * e^(drift * sine of the time)`: most lie near the median,
a few take many times as long, and all get slower and faster over hours. The draw is made from the seed and from what is
done, never from a stream, so that a restarted player, or another order of events, gives the same figure.

The operator must find these figures out by observing: the file that holds them belongs to the cloud and is never served.
"""

import math
import random
from pathlib import Path

import msgspec

LONGEST_TAIL = 20.0  # how many times its usual length a duration is at most
DOWNTIME = 0.3  # seconds that a machine may stand still at the end of its migration


class Delay(msgspec.Struct, frozen=True):
    """One kind of duration: `median` in seconds, `spread` of its logarithm, and the share of draws that has a tail."""

    median: float
    spread: float = 0.25
    tail_share: float = 0.03
    tail_shape: float = 1.5


class Durations(msgspec.Struct, frozen=True):
    """Every duration of the simulated nodes, and the links between them (bandwidth in bytes a second a node)."""

    seed: int = 1
    define: Delay = Delay(1.8)  # pod ready until the machine runs
    boot: Delay = Delay(5.0)  # the machine runs until its guest agent answers
    shutdown: Delay = Delay(1.0)  # ACPI signal until the guest is off
    exit: Delay = Delay(2.0)  # machine off until its pod has ended
    prepare: Delay = Delay(0.8)  # target pod ready until it listens for the migration
    switch: Delay = Delay(0.6)  # what a migration takes beside the copying of memory
    copy: Delay = Delay(1.0, 0.1)  # a factor: how many times as long as reckoned the copying of memory takes
    image_spread: float = 0.3
    drift: float = 0.25
    drift_period: float = 3 * 3600.0
    bandwidth: float = 1.25e9
    memory_in_use: float = 0.4  # of a machine's memory, where no load was set
    dirty_rate: float = 0.02  # of the memory in use a second, where no load was set
    idle_cpu: float = 0.02  # cores a processor of a machine, where no load was set

    def draw(self, kind: str, what: str, started: float, image: str = "") -> float:
        """Seconds that `kind` takes for `what` (a UID) when it starts at `started` (seconds since 1970)."""
        delay: Delay = getattr(self, kind)
        chance = random.Random(f"{self.seed}/{kind}/{what}")
        seconds = delay.median * math.exp(delay.spread * chance.gauss(0, 1))
        if chance.random() < delay.tail_share:
            seconds *= min(LONGEST_TAIL, chance.paretovariate(delay.tail_shape))
        return seconds * self._image_factor(kind, image) * self._drift_factor(kind, started)

    def _image_factor(self, kind: str, image: str) -> float:
        if kind != "boot":
            return 1.0
        return math.exp(self.image_spread * random.Random(f"{self.seed}/image/{image}").gauss(0, 1))

    def _drift_factor(self, kind: str, now: float) -> float:
        phase = random.Random(f"{self.seed}/drift/{kind}").random()
        return math.exp(self.drift * math.sin(2 * math.pi * (now / self.drift_period + phase)))


def copy_seconds(memory: float, dirty_rate: float, speed: float) -> float:
    """Seconds that pre-copy takes for `memory` bytes of which `dirty_rate` bytes a second change, at `speed` bytes a second.

    Each round copies what changed during the one before, until the rest can be copied while the machine stands still.
    Infinite if the memory changes as fast as it is copied.
    """
    seconds, rest = 0.0, memory
    while rest > speed * DOWNTIME:
        if dirty_rate >= speed:
            return math.inf
        seconds += rest / speed
        rest = min(memory, rest * dirty_rate / speed)
    return seconds + rest / speed


def read(file: Path) -> Durations:
    """The durations in a JSON file; fields that it leaves out have the usual values."""
    return msgspec.json.decode(file.read_bytes(), type=Durations)


def write_defaults(file: Path) -> None:
    """Writes the usual durations to the file unless somebody has set others there."""
    if not file.exists():
        file.write_bytes(msgspec.json.format(msgspec.json.encode(Durations()), indent=2) + b"\n")
