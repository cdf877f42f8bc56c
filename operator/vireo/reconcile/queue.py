"""The queue of keys: one worker a key at a time, back-off a key, wake-ups at a moment.

A key is in one of four places, or in none: it waits for its timer; is due and waits for a worker; is being worked on; or is
being worked on and due again, and then follows itself. Of two timers the earlier is kept: the work tells the later one anew.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from datetime import datetime

from vireo.api.resources import Key
from vireo.kube.client import ApiError
from vireo.reconcile.limits import Bucket
from vireo.reconcile.loop import Result

log = logging.getLogger(__name__)

working_on: ContextVar[Key | None] = ContextVar("working_on", default=None)
"""Which object the work that runs now is for: what is logged in it says so."""

COALESCE_SECONDS = 0.05
"""Events of one object come in flurries: what arrives within this time is one reconcile."""
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MOST_SECONDS = 300.0
RETRIES_A_SECOND = 10.0
RETRIES_AT_ONCE = 100.0
"""How many objects are tried again at once, and a second after that: where all fail, they do not come in a flood for ever."""


class Queue:
    """Keys with the time each is due. `work` does one key and says when to come back."""

    def __init__(self, work: Callable[[Key], Awaitable[Result]], now: Callable[[], datetime]) -> None:
        self._work = work
        self._now = now
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._due: dict[Key, float] = {}
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._retries = Bucket(RETRIES_A_SECOND, RETRIES_AT_ONCE)
        self._closed = False
        self._rested = asyncio.Event()

    def wake(self, keys: Iterable[Key]) -> None:
        """Something changed: each key is due now, whatever it was waiting for."""
        for key in keys:
            self._schedule(key, COALESCE_SECONDS)

    @property
    def depth(self) -> int:
        """How many keys are due or being worked on."""
        return len(self._due) + sum(key not in self._due for key in self._busy)

    @property
    def age(self) -> float:
        """For how many seconds the one that waits longest for a worker has been due; 0 when none waits."""
        first = next(iter(self._due.values()), None)
        return 0.0 if first is None else asyncio.get_running_loop().time() - first

    async def run(self, workers: int) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())

    async def drain(self, seconds: float) -> None:
        """Begins nothing new, and waits so long at most for what is being worked on."""
        self._closed = True
        if self._busy:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._rested.wait()

    async def _worker(self) -> None:
        while True:
            key = await self._ready.get()
            if self._closed:
                return
            self._due.pop(key, None)
            self._busy.add(key)
            try:
                await self._one(key)
            finally:
                self._busy.discard(key)
                if self._closed and not self._busy:
                    self._rested.set()
                if key in self._due:
                    self._ready.put_nowait(key)

    async def _one(self, key: Key) -> None:
        working_on.set(key)
        result = await self._result(key)
        if result.retry:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            pause = min(BACKOFF_MOST_SECONDS, BACKOFF_FIRST_SECONDS * 2 ** min(failures - 1, 16))
            self._schedule(key, max(pause, self._retries.take(asyncio.get_running_loop().time())))
        else:
            self._failures.pop(key, None)
        if result.wake_at:
            ahead = (result.wake_at - self._now()).total_seconds()
            # A moment that has passed is met soon, not at once: who names one again and again does not keep us busy.
            self._schedule(key, ahead if ahead > 0 else BACKOFF_FIRST_SECONDS)

    async def _result(self, key: Key) -> Result:
        """What the work says; nothing that goes wrong with one key reaches another."""
        try:
            return await self._work(key)
        except ApiError as error:
            log.warning("%s: %s", key, error)
        except Exception:
            log.exception("%s could not be reconciled", key)
        return Result(retry=True)

    def _schedule(self, key: Key, delay: float) -> None:
        if key in self._due:
            return
        loop = asyncio.get_running_loop()
        due, timer = loop.time() + delay, self._timers.get(key)
        if timer is None or due < timer.when():
            if timer:
                timer.cancel()
            self._timers[key] = loop.call_at(due, self._become_due, key)

    def _become_due(self, key: Key) -> None:
        del self._timers[key]
        self._due[key] = asyncio.get_running_loop().time()
        if key not in self._busy:
            self._ready.put_nowait(key)
