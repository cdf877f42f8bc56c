"""A queue of keys: each is worked on by one worker at a time, waits once however often it is added, and can be put off."""

import asyncio
import math
import time


class Keys:
    """For one event loop."""

    def __init__(self) -> None:
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._busy: set[str] = set()
        self._later: dict[str, tuple[float, asyncio.TimerHandle]] = {}

    def add(self, key: str) -> None:
        """The key is to be worked on: now, or as soon as the worker that has it is done."""
        if key not in self._waiting:
            self._waiting.add(key)
            if key not in self._busy:
                self._ready.put_nowait(key)

    def add_at(self, key: str, when: float) -> None:
        """The key is to be worked on at that time (seconds since 1970), or earlier if that was asked for before."""
        planned, timer = self._later.get(key, (math.inf, None))
        if when < planned:
            if timer is not None:
                timer.cancel()
            delay = max(0.0, when - time.time())
            self._later[key] = (when, asyncio.get_running_loop().call_later(delay, self._due, key))

    async def take(self) -> str:
        """Waits for a key. Its worker must call `done`."""
        key = await self._ready.get()
        self._waiting.discard(key)
        self._busy.add(key)
        return key

    def done(self, key: str) -> None:
        """The worker is done with the key."""
        self._busy.discard(key)
        if key in self._waiting:
            self._ready.put_nowait(key)

    def _due(self, key: str) -> None:
        del self._later[key]
        self.add(key)
