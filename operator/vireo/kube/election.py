"""Who leads: the rules of a Lease, as a function of what is read and of this process' own clock. Pure.

No two clocks are compared. Who does not lead counts, by its own clock, how long the Lease stays as it is; who leads may write until a
time by its own clock that is shorter, counted from before it asked. So the one stops before the other can begin, as long as their
clocks run at about the same speed (client-go's rule; ours stops LEASE_SECONDS - WRITE_SECONDS earlier).
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final

LEASE_SECONDS: Final = 15.0
"""How long others wait, from when they saw the last renewal."""
WRITE_SECONDS: Final = 10.0
"""How long the leader may write, from when it asked for the last renewal."""
RETRY_SECONDS: Final = 2.0
"""How often the leader renews, and the others look."""


@dataclass(frozen=True)
class Lease:
    """What a Lease says: who holds it (nobody: empty), for how long in seconds, how often it changed hands; and its version."""

    holder: str = ""
    seconds: float = LEASE_SECONDS
    transitions: int = 0
    version: str = ""


@dataclass
class Election:
    """One candidate. `now` is its monotonic clock, in seconds."""

    identity: str
    until: float = -math.inf
    """Up to when this one may write."""
    _seen: Lease = field(default_factory=Lease)
    _seen_at: float = math.inf

    def leads(self, now: float) -> bool:
        return now < self.until

    def bid(self, lease: Lease, now: float) -> Lease | None:
        """The Lease as this one should write it, with the version that it was read at; None while it is another's."""
        if lease != self._seen or self._seen_at == math.inf:
            self._seen, self._seen_at = lease, now
        if lease.holder == self.identity:
            return replace(lease, seconds=LEASE_SECONDS)
        if lease.holder and now - self._seen_at < lease.seconds:
            return None
        return Lease(self.identity, LEASE_SECONDS, lease.transitions + 1, lease.version)

    def won(self, asked_at: float) -> None:
        """The bid was written; it was sent at `asked_at`."""
        self.until = asked_at + WRITE_SECONDS

    def resign(self) -> None:
        """Nothing is written any more, from now on."""
        self.until = -math.inf
