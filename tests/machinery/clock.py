"""Virtual time: a loop whose clock jumps to the next timer as soon as there is nothing else to do. An hour takes no time."""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting it moves the clock."""

    seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits, and nothing will ever happen"
            self.seconds += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0 and moves only while everything waits."""

    def __init__(self) -> None:
        self._clock = _Jumping()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.seconds


def seconds() -> float:
    """The virtual time in seconds, as a test would write it down."""
    return round(asyncio.get_running_loop().time(), 3)


def now() -> datetime:
    """The wall clock that goes with it: noon when the loop began."""
    return NOON + timedelta(seconds=asyncio.get_running_loop().time())


def pytest_asyncio_loop_factories(**_: Any) -> dict[str, type[VirtualTimeLoop]]:
    """A hook of pytest-asyncio: the conftest of a folder that imports it has its tests run in virtual time."""
    return {"virtual time": VirtualTimeLoop}
