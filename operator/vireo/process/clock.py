"""The one clock of the wall: all other modules are told the time."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
