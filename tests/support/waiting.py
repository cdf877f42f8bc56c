"""Waiting for what must become true."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, Final

PATIENCE: Final = 30.0
SHORTEST, LONGEST, SHARE = 0.03, 0.5, 0.15


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    for pause in pauses():
        if true():
            return
        assert time.monotonic() < deadline, f"did not become true in time: {true}"
        time.sleep(pause)


async def becomes(true: Callable[[], Awaitable[Any]], seconds: float) -> tuple[bool, Any]:
    """Whether it became true in so many seconds, and what it was last."""
    last: Any = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for pause in pauses():
                if last := await true():
                    return True, last
                await asyncio.sleep(pause)
    return False, last


def pauses() -> Iterator[float]:
    """Seconds before the next look, each time: a share of what was waited so far, since who looks takes time from who is waited for."""
    waited = 0.0
    while True:
        pause = min(LONGEST, max(SHORTEST, SHARE * waited))
        yield pause
        waited += pause
