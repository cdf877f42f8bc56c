"""The queue of keys: one worker a key at a time, back-off a key, wake-ups at a moment. A key that waits is in it once."""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from vireo.api.resources import Key
from vireo.reconcile.loop import Result

log = logging.getLogger(__name__)

COALESCE_SECONDS = 0.05
"""Events of one object come in flurries: what arrives within this time is one reconcile."""
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MOST_SECONDS = 300.0


class Queue:
    """Keys with the time each is due. `work` does one key and says when to come back."""

    def __init__(self, work: Callable[[Key], Awaitable[Result]], now: Callable[[], datetime]) -> None:
        self._work = work
        self._now = now
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._changed = asyncio.Event()

    def wake(self, keys: Iterable[Key]) -> None:
        """Something changed: each key is due now, whatever it was waiting for."""
        for key in keys:
            self._schedule(key, COALESCE_SECONDS)

    @property
    def depth(self) -> int:
        """How many keys are due or being worked on."""
        now = asyncio.get_running_loop().time()
        return len(self._busy) + sum(1 for due in self._due.values() if due <= now)

    async def run(self, workers: int) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while True:
            key = await self._next()
            self._busy.add(key)
            try:
                await self._one(key)
            finally:
                self._busy.discard(key)
                self._changed.set()

    async def _one(self, key: Key) -> None:
        try:
            result = await self._work(key)
        except Exception:
            log.exception("%s could not be reconciled", key)
            result = Result(retry=True)
        if result.retry:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            self._schedule(key, min(BACKOFF_MOST_SECONDS, BACKOFF_FIRST_SECONDS * 2 ** min(failures - 1, 16)))
        else:
            self._failures.pop(key, None)
        if result.wake_at:
            self._schedule(key, max(0.0, (result.wake_at - self._now()).total_seconds()))

    def _schedule(self, key: Key, delay: float) -> None:
        due = asyncio.get_running_loop().time() + delay
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            self._changed.set()

    async def _next(self) -> Key:
        """The key that is due first and that no other worker has."""
        while True:
            self._changed.clear()
            key, wait = self._take()
            if key:
                return key
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue

    def _take(self) -> tuple[Key | None, float | None]:
        """A key that is due, or how long until there may be one (None: until something changes)."""
        now, held = asyncio.get_running_loop().time(), []
        found: Key | None = None
        wait: float | None = None
        while self._heap and not found:
            due, key = self._heap[0]
            if self._due.get(key) != due:
                heapq.heappop(self._heap)  # overtaken by an earlier one, or done
            elif due > now:
                wait = due - now
                break
            elif key in self._busy:
                held.append(heapq.heappop(self._heap))
            else:
                heapq.heappop(self._heap)
                del self._due[key]
                found = key
        for entry in held:
            heapq.heappush(self._heap, entry)
        return found, wait
