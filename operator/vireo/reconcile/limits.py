"""Limits: how often something may be done at most. Pure; the clock is an argument, in seconds."""

from collections import OrderedDict
from typing import Final

EVENTS_AT_ONCE: Final = 25.0
EVENTS_A_SECOND: Final = 1 / 300
"""Events of one object, as client-go limits them: one that goes to and fro fills neither the cluster's memory nor anybody's screen."""
OBJECTS_AT_MOST: Final = 4096
"""Of how many objects it is kept in mind what was told: of those that were told of last."""


class Bucket:
    """A token bucket: so many at once, and so many a second after that."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self._a_second = a_second
        self._at_once = at_once
        self._tokens = at_once
        self._filled_at = 0.0

    def take(self, now: float) -> float:
        """Takes a token, one that is yet to come if there is none; how many seconds it takes to come."""
        self._tokens = self._fill(now) - 1
        return max(0.0, -self._tokens / self._a_second)

    def _fill(self, now: float) -> float:
        """How many there are."""
        self._tokens = min(self._at_once, self._tokens + (now - self._filled_at) * self._a_second)
        self._filled_at = now
        return self._tokens

    def take_if_there(self, now: float) -> bool:
        """Takes a token if there is one."""
        if self._fill(now) < 1:
            return False
        self._tokens -= 1
        return True


class EventLimit:
    """Which events are told: of each object only so many."""

    def __init__(self, at_once: float = EVENTS_AT_ONCE) -> None:
        self._at_once = at_once
        self._told: OrderedDict[str, Bucket] = OrderedDict()

    def allows(self, uid: str, now: float) -> bool:
        """Whether another event of that object may be told; it then counts as told."""
        bucket = self._told.pop(uid, None) or Bucket(EVENTS_A_SECOND, self._at_once)
        self._told[uid] = bucket
        if len(self._told) > OBJECTS_AT_MOST:
            self._told.popitem(last=False)
        return bucket.take_if_there(now)
