"""Waiting for what must become true."""

import time
from collections.abc import Callable

PATIENCE = 30.0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"did not become true in time: {true}"
        time.sleep(0.05)
