"""Seconds from apply to the guest's greeting: Vireo's machine against the same machine as a plain KubeVirt one, in pairs."""

from bench.figure import median, show, spread
from bench.namespace import Field, field
from cloud.settings import Settings

PAIRS = 10


def main(settings: Settings) -> None:
    """Prints one figure."""
    with field(settings) as place:
        pairs = [_pair(place, number) for number in range(PAIRS)]
    ours, plain = ([pair[side] for pair in pairs] for side in (0, 1))
    sizes = {"pairs": PAIRS, "cores": 1, "memory": "256Mi", **spread(ours), "peer_spread": spread(plain)}
    show("boot", median(ours), "seconds", sizes, ("KubeVirt alone", median(plain)))


def _pair(place: Field, number: int) -> tuple[float, float]:
    """Vireo's first, so that the plain one can have what Vireo asked of KubeVirt; both alone on the cloud."""
    ours = place.machine(f"vireo-{number}")
    seconds = place.until_greeted(ours)
    plain = place.plain(f"plain-{number}", place.specs()[f"vireo-{number}"])
    place.remove(ours)
    plain_seconds = place.until_greeted(plain)
    place.remove(plain)
    return seconds, plain_seconds
