"""From a thread to the loop that the operator works in."""

import asyncio
from collections import deque
from collections.abc import Callable


class Crossing:
    """Brings acts from one thread to the loop of another, in order.

    The loop is told once of all that waits: to tell it costs more than most of what is brought.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._told = False

    def bring(self, act: Callable[[], None]) -> None:
        """To be done in the loop soon. For one thread only."""
        self._waiting.append(act)
        if not self._told:
            self._told = True
            self._loop.call_soon_threadsafe(self._carry)

    def _carry(self) -> None:
        self._told = False  # first: what comes from here on may come too late for what follows
        while self._waiting:
            self._waiting.popleft()()
