"""How far the estimates are off, on real nodes: each start, stop and move of a machine against what was expected before it began.

The goal is the model's: a median of 20 % or less, once 20 acts stand behind an estimate. Nothing here is simulated.
"""

import time
from collections.abc import Callable, Iterator

from bench.figure import median, show, spread
from bench.namespace import VIREO, Field, field
from cloud.api import Object, condition
from cloud.settings import Settings
from cloud.steps import Failure, NotYet

ROUNDS = 24
AFTER_A_MOVE = 6.0
"""Seconds until the node that a machine has left is done with it. Stopped a second after a move, KubeVirt 1.8.2 leaves the container disk
mounted there, and neither the pod nor the instance ever ends."""
ENOUGH = 20
"""How many acts stand behind an estimate that counts."""
NAME = "learning"


def main(settings: Settings) -> None:
    """Prints a figure for each act. Raises Failure where there are no two real nodes to move between."""
    if settings.real_nodes < 2:
        raise Failure("estimates are compared with real guests, which move between two real nodes", advice="make up")
    with field(settings) as place:
        place.api.apply(place.machine(NAME))
        _until_lasted(place, "lastStart", "")
        acts = [act for number in range(ROUNDS) for act in _round(place, number)]
        for name in ("start", "stop", "move"):
            _show(name, [lasted for act, lasted in acts if act == name])


def _round(place: Field, number: int) -> Iterator[tuple[str, Object]]:
    """A stop, a start and a move, each with what the machine says of it."""
    yield "stop", _act(place, "lastStop", lambda: _power(place, "Stopped"))
    yield "start", _act(place, "lastStart", lambda: _power(place, "Running"))
    yield "move", _act(place, "lastMigration", lambda: _move(place, f"move-{number}"))
    time.sleep(AFTER_A_MOVE)


def _act(place: Field, field_: str, begin: Callable[[], object]) -> Object:
    before = _machine(place)["status"].get(field_, {}).get("uid", "")
    begin()
    return _until_lasted(place, field_, before)


def _power(place: Field, state: str) -> None:
    place.api.merge(place.path(VIREO, NAME), {"spec": {"powerState": state}})


def _move(place: Field, name: str) -> None:
    target = {"kind": "VirtualMachine", "name": NAME}
    spec = {"target": target, "action": "Migrate"}
    metadata = {"name": name, "namespace": place.namespace}
    place.api.apply({"apiVersion": VIREO, "kind": "Operation", "metadata": metadata, "spec": spec})


def _until_lasted(place: Field, field_: str, before: str) -> Object:
    """What the machine says of an act, when it is another than the one before, and has ended with the machine as it should be."""
    found: list[Object] = []

    def look() -> None:
        machine = _machine(place)
        lasted = machine["status"].get(field_, {})
        if lasted.get("uid", before) == before or "seconds" not in lasted:
            raise NotYet(f"{field_} is {lasted}")
        if condition(machine, "Ready").get("status") != "True":
            raise NotYet("it is not as its spec asks")
        found.append(lasted)

    place.until(field_, look)
    return found[-1]


def _machine(place: Field) -> Object:
    return {"status": {}, **(place.api.get(place.path(VIREO, NAME)) or {})}


def _show(act: str, lasted: list[Object]) -> None:
    known = [one for one in lasted if one["observations"] >= ENOUGH]
    off = [abs(one["estimated"] - one["seconds"]) / one["seconds"] for one in known]
    seconds = [float(one["seconds"]) for one in known]
    sizes = {"acts": len(known), "of": len(lasted), **spread(off), "seconds": median(seconds)}
    show(f"estimates: a {act}, median of how far off", median(off), "share of the time it took", sizes)
