"""Seconds from apply to Ready on real nodes: what Vireo makes, and the same made by hand (twins.py), in pairs.

The first of each kind is not counted: what Vireo asked for is read from it, and the nodes have its images then. Every other pair begins
with the one by hand, and each is alone on the cloud. One that does not become Ready ends the benchmark.
"""

import os
import sys
import time
from collections.abc import Sequence

from bench.figure import median, show, spread
from bench.namespace import Field, field
from bench.twins import Make, Twins, twins
from cloud.api import Object, condition
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Steps

PAIRS = int(os.environ.get("VIREO_BENCH_PAIRS") or 10)
PATIENCE = 300.0
LOOK_SECONDS = 0.05
LEFT = ("/api/v1/namespaces/{}/pods", "/api/v1/namespaces/{}/persistentvolumeclaims")


def main(settings: Settings) -> None:
    """Prints a figure a kind."""
    if not settings.real_nodes:
        raise Failure("nothing becomes ready by itself without real nodes", advice="make up")
    with field(settings) as place:
        for one in twins(place, Steps(out=sys.stderr)):
            _show(one, _pairs(place, one))


def _pairs(place: Field, of: Twins) -> list[tuple[float, float]]:
    first = of.ours("first")
    _until_ready(place, first)
    by_hand = of.by_hand()
    _remove(place, first)
    return [_pair(place, (of.ours, by_hand), number) for number in range(PAIRS)]


def _pair(place: Field, sides: tuple[Make, Make], number: int) -> tuple[float, float]:
    """The seconds of ours, and of the one by hand."""
    seconds = [0.0, 0.0]
    for side in (number % 2, 1 - number % 2):
        objects = sides[side](f"{('vireo', 'plain')[side]}-{number}")
        seconds[side] = _until_ready(place, objects)
        _remove(place, objects)
    return seconds[0], seconds[1]


def _show(of: Twins, pairs: Sequence[tuple[float, float]]) -> None:
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    sizes = {"pairs": PAIRS, **spread(ours), "peer_spread": spread(theirs)}
    show(f"ready: {of.name}", median(ours), "seconds", sizes, (of.peer, median(theirs)))


def _until_ready(place: Field, objects: Sequence[Object]) -> float:
    """Applies them in their order; seconds from before the first until the last is Ready. Looks often: that is what is measured."""
    began = time.monotonic()
    place.api.apply_all(objects)
    path, wanted = place.api.path(objects[-1]), "Available" if objects[-1]["kind"] == "Deployment" else "Ready"
    while (said := condition(place.api.get(path) or {}, wanted)).get("status") != "True":
        if time.monotonic() - began > PATIENCE:
            raise Failure(f"{path} is not ready after {PATIENCE:.0f} s: {said.get('message', 'it says nothing')}")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def _remove(place: Field, objects: Sequence[Object]) -> None:
    """Deletes them; returns when they are gone, and all that was below them."""
    paths = [place.api.path(one) for one in objects]
    for path in reversed(paths):
        place.api.delete(path)
    place.until(f"{objects[-1]['metadata']['name']} to be gone", lambda: _check_gone(place, paths), PATIENCE)


def _check_gone(place: Field, paths: Sequence[str]) -> None:
    left = [path for path in paths if place.api.get(path)]
    left += [one["metadata"]["name"] for path in LEFT for one in place.api.items(path.format(place.namespace))]
    if left:
        raise NotYet(f"{left[0]} is there")
