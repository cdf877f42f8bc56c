"""The moments of a schedule, in UTC: a function of its words and of the time that it is asked at."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

WORDS: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
MINUTE: Final = timedelta(minutes=1)


def latest(schedule: str, now: datetime) -> datetime | None:
    """The last moment that has come by now; None where there is none, and for what is no schedule."""
    return _first(schedule, _minute(now) + MINUTE, back=True)


def following(schedule: str, now: datetime) -> datetime | None:
    """The first moment after now."""
    return _first(schedule, _minute(now))


def is_schedule(text: str) -> bool:
    """Whether there is any moment of it; in a leap year there is every day of the calendar."""
    return following(text, datetime.fromisoformat("2000-01-01T00:00:00Z")) is not None


def _first(schedule: str, start: datetime, *, back: bool = False) -> datetime | None:
    try:
        return next(CronSim(WORDS.get(schedule, schedule), start, reverse=back), None)
    except CronSimError:
        return None


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
