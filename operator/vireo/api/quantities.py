"""Kubernetes quantities and Go durations, read and written exactly."""

import re
from contextlib import suppress
from datetime import timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(1000) ** -power for power, unit in enumerate("mun", start=1)},
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
_EXACT = Context(prec=100)
"""Room for every digit: 2^63 Ei has 38, and Decimal rounds to 28 unless told otherwise."""
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([mun]|[kMGTPE]|[KMGTPE]i)?|([+-]?[0-9.]+[eE][+-]?[0-9]+)")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@lru_cache
def quantity(text: str) -> Decimal:
    """The value of a quantity in its base unit (bytes, cores). Raises ValueError that names the text."""
    found = _QUANTITY.fullmatch(text)
    try:
        if found:
            return Decimal(found[3]) if found[3] else _EXACT.multiply(Decimal(found[1]), _UNITS[found[2] or ""])
    except InvalidOperation:
        pass
    raise ValueError(f"{text!r} is not a Kubernetes quantity such as 500m, 2 or 20Gi")


def duration(text: str) -> timedelta:
    """A Go duration such as 1h30m. Raises ValueError that names the text."""
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        with suppress(OverflowError):
            return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    raise ValueError(f"{text!r} is not a duration such as 90s or 1h30m")


def duration_text(value: timedelta) -> str:
    """The shortest Go duration of whole units: 1h30m, 90s as 1m30s, 0s, 250ms."""
    milliseconds = round(value.total_seconds() * 1000)
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"
