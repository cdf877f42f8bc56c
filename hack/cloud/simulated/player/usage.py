"""What everything on a simulated node uses: what was set for it, or a figure for who is idle; and how that adds up. Pure.

A machine uses what hack/cloud/load says, a pod what its annotations say. All else is a default: of here, or of durations.json.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from cloud.simulated.load import Load
from cloud.simulated.player.durations import Durations
from cloud.simulated.player.instance import Json, memory_of, processors_of
from cloud.simulated.player.pods import Pod
from cloud.simulated.quantities import in_bytes, in_cores

T = TypeVar("T")

COMPUTE = "compute"  # the container of a launcher that its machine is in
AT_START = 0.01  # seconds of a processor that a container took to start; metrics-server leaves out who took none


class Use(NamedTuple):
    """`cpu` in cores, since when it was set (seconds since 1970) or since one last looked; `memory` in bytes."""

    cpu: float
    memory: int
    since: float = -math.inf


IDLE_SYSTEM = Use(0.1, 2**30)
"""A node beside its pods."""
IDLE_POD = Use(0.005, 32 * 2**20)
"""A pod without annotations."""
IDLE_CONTAINER = Use(0.001, 32 * 2**20)
"""Of a launcher: each container that has no machine, or whose machine has gone or not yet come."""


def of_machine(vmi: Json, load: Load | None, durations: Durations, *, paused: bool) -> Use:
    """What was set for the machine, or what one uses that is idle. The processors of a paused one stand still."""
    if load is None:
        cpu, memory = durations.idle_cpu * processors_of(vmi), int(durations.memory_in_use * memory_of(vmi))
        found = Use(cpu, memory)
    else:
        found = Use(load.cpu, load.memory, load.since)
    return Use(IDLE_CONTAINER.cpu, found.memory) if paused else found


def of_pod(pod: Pod, machine: Use | None) -> dict[str, Use]:
    """What each of the pod's containers uses that runs; `machine` is the use of the machine in it, None if none is."""
    names = list(pod.running)
    if pod.launches:
        return {name: machine if machine is not None and name == COMPUTE else IDLE_CONTAINER for name in names}
    asked = pod.metadata.annotations
    cpu, memory = _meant(asked.cpu, in_cores, IDLE_POD.cpu), _meant(asked.memory, in_bytes, IDLE_POD.memory)
    return {name: Use(cpu / len(names), int(memory / len(names))) for name in names}


def _meant(text: str, read: Callable[[str], T], otherwise: T) -> T:
    """What the text says, or something else if it says nothing that can be meant."""
    try:
        return read(text)
    except ValueError:
        return otherwise


class Container(NamedTuple):
    """One start of one container, `started` in seconds since 1970; from then on it is counted what it uses."""

    namespace: str
    pod: str
    pod_uid: str
    name: str
    started: float


class Figures(NamedTuple):
    """What a kubelet measures: seconds of a processor so far, and bytes."""

    cpu_seconds: float
    memory: int


@dataclass
class Meter:
    """Seconds of a processor: `total` of them up to `at` (seconds since 1970), and `cpu` more a second since."""

    at: float
    total: float = AT_START
    cpu: float | None = None

    def read(self, use: Use, now: float) -> float:
        """The total now, of what uses so much, and used what it did before up to when that was set. It never falls."""
        now = max(now, self.at)
        changed = min(max(use.since, self.at), now)
        before = use.cpu if self.cpu is None else self.cpu
        self.total += before * (changed - self.at) + use.cpu * (now - changed)
        self.at, self.cpu = now, use.cpu
        return self.total


@dataclass
class NodeMeter:
    """The meters of a node, which is counted from `began` on (seconds since 1970), and of what runs there."""

    began: float
    total: float = 0.0
    _system: Meter = field(init=False)
    _containers: dict[Container, Meter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._system = Meter(self.began)

    def read(self, uses: Mapping[Container, Use], now: float) -> tuple[Figures, dict[Container, Figures]]:
        """The figures of the node and of each container that runs. What has ended stays in the node's total."""
        self._containers = {one: self._containers.get(one) or Meter(one.started) for one in uses}
        before = sum(meter.total for meter in (self._system, *self._containers.values()))
        self._system.read(IDLE_SYSTEM, now)
        found = {one: Figures(self._containers[one].read(use, now), use.memory) for one, use in uses.items()}
        self.total += sum(meter.total for meter in (self._system, *self._containers.values())) - before
        memory = IDLE_SYSTEM.memory + sum(use.memory for use in uses.values())
        return Figures(AT_START + self.total, memory), found
