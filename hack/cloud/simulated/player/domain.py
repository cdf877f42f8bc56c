"""The domain: what libvirt and virt-launcher would know of a running machine, which the instance does not say.

It is kept in memory only. After a restart of the player it is made again from the instance: durations are drawn from the
machine's UID, so the machine that was to be up in ten seconds still is.
"""

import math
from dataclasses import dataclass, field

from cloud.simulated.player.durations import Durations
from cloud.simulated.player.instance import Json, condition, image_of, phase_of, seconds_of, since, uid_of

DEFAULT_GRACE = 30.0  # seconds, of a machine that names no terminationGracePeriodSeconds
FREEZE_AFTER_RESTART = 300.0  # seconds that a freeze still lasts whose timeout a restart of the player forgot


@dataclass
class Copying:
    """One migration under way: `ends` is when the last page is there; if `failure` is set it ends without success."""

    migration: str
    source: str
    target: str
    ends: float
    failure: str = ""


@dataclass
class Domain:
    """A machine's domain. Times are seconds since 1970; infinity means not before something happens."""

    uid: str
    runs_from: float
    agent_from: float
    paused: bool = False
    frozen_until: float = -math.inf
    off_from: float = math.inf
    killed_from: float = math.inf
    listens_from: dict[str, float] = field(default_factory=dict)
    copying: Copying | None = None

    def frozen(self, now: float) -> bool:
        """True while the guest's file systems are frozen."""
        return now < self.frozen_until

    def agent(self, now: float) -> bool:
        """True while the guest's agent answers."""
        return self.agent_from <= now and not self.is_off(now)

    def is_off(self, now: float) -> bool:
        """True once the guest is off, by itself or by force."""
        return now >= min(self.off_from, self.killed_from)

    @property
    def shutting_down(self) -> bool:
        """True from the signal on."""
        return min(self.off_from, self.killed_from) < math.inf

    def reboot(self, durations: Durations, image: str, now: float) -> None:
        """The guest boots anew from now on."""
        self.agent_from = now + durations.draw("boot", f"{self.uid}/{now}", now, image)
        self.frozen_until = -math.inf

    def shut_down(self, durations: Durations, grace: float, now: float) -> None:
        """The ACPI signal: the guest goes off by itself, unless it is paused, or is killed when its grace has passed."""
        if not self.shutting_down:
            ends = now + durations.draw("shutdown", self.uid, now)
            self.off_from = math.inf if self.paused or grace == 0 else ends
            self.killed_from = now + grace

    def power_off(self, now: float) -> None:
        """The guest switches itself off."""
        self.off_from = min(self.off_from, now)


def domain_of(vmi: Json, durations: Durations, now: float) -> Domain:
    """The domain of an instance that is seen for the first time since the player started."""
    uid, image = uid_of(vmi), image_of(vmi)
    if phase_of(vmi) != "Running":
        runs_from = now + durations.draw("define", uid, now)
        return Domain(uid, runs_from, runs_from + durations.draw("boot", uid, now, image))
    runs_from = since(vmi, "Running") or now
    agent = condition(vmi, "AgentConnected") is not None
    frozen = vmi["status"].get("fsFreezeStatus") == "frozen"
    return Domain(
        uid,
        runs_from,
        agent_from=runs_from if agent else runs_from + durations.draw("boot", uid, runs_from, image),
        paused=condition(vmi, "Paused") is not None,
        frozen_until=now + FREEZE_AFTER_RESTART if frozen else -math.inf,
    )


def grace_of(vmi: Json) -> float:
    """Seconds that the guest has to shut down."""
    return float(vmi["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE))


def asked_to_end(vmi: Json) -> float | None:
    """When the instance's deletion was asked for, None if it was not."""
    at = vmi["metadata"].get("deletionTimestamp")
    return None if at is None else seconds_of(at)
