"""What one turn knows, and what comes of it."""

import math
from dataclasses import dataclass, field

from cloud.simulated.load import Load
from cloud.simulated.player.durations import Durations
from cloud.simulated.player.instance import Json, uid_of
from cloud.simulated.player.pods import Pod


@dataclass(frozen=True)
class Scene:
    """What a turn may know: the time (seconds since 1970), the simulated nodes that answer, the instance's launcher pods,
    the durations, the load that was set, how many migrations would share its links, and where the player listens."""

    now: float
    nodes: frozenset[str]
    pods: tuple[Pod, ...]
    durations: Durations
    load: Load | None = None
    sharing: int = 1
    address: str = ""

    def pod_on(self, node: str, vmi: Json) -> Pod | None:
        """The instance's living launcher pod on that node."""
        return next((pod for pod in self._pods_on(node, vmi) if not pod.over), None)

    def over_on(self, node: str, vmi: Json) -> bool:
        """True if the instance had a launcher pod on that node that has ended."""
        return any(pod.over for pod in self._pods_on(node, vmi))

    def _pods_on(self, node: str, vmi: Json) -> list[Pod]:
        return [pod for pod in self.pods if pod.node == node and pod.machine_uid == uid_of(vmi)]


@dataclass(frozen=True)
class Event:
    """An event on the instance, from the virt-handler of `node`."""

    node: str
    kind: str
    reason: str
    message: str


@dataclass
class Turn:
    """The instance as it should be, who is to hear of it, and when to look again (seconds since 1970)."""

    vmi: Json
    events: list[Event] = field(default_factory=list)
    wake: float = math.inf

    def say(self, node: str, reason: str, message: str, kind: str = "Normal") -> None:
        """Adds an event."""
        self.events.append(Event(node, kind, reason, message))

    def wake_at(self, scene: Scene, *times: float) -> None:
        """Looks again at the earliest of these times that is yet to come."""
        self.wake = min([self.wake, *(time for time in times if time > scene.now)])
