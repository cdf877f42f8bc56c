"""A figure, as one line of JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence


def show(
    name: str, value: float, unit: str, sizes: Mapping[str, object], peer: tuple[str, float] | None = None
) -> None:
    """Prints the figure. `peer` is who it is compared with and that one's value; `sizes` is what it was measured at."""
    against: Mapping[str, object] = {}
    if peer:
        ratio = round(value / peer[1], 3) if peer[1] else None
        against = {"peer": peer[0], "peer_value": round(peer[1], 3), "ratio": ratio}
    line = {"name": name, "value": round(value, 3), "unit": unit, **against, "simulated": False, **sizes}
    print(json.dumps(line), flush=True)


def spread(values: Sequence[float]) -> dict[str, float]:
    """The least and the greatest, beside a median."""
    return {"least": round(min(values), 3), "greatest": round(max(values), 3)}


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
