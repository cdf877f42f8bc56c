"""Writes at the API server that a machine and a disk cost, and what a settled minute costs: Vireo's own, from the audit log."""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

from bench.figure import show
from bench.machines import VIREO, Field, field
from cloud import audit
from cloud.api import Object, condition
from cloud.settings import Settings
from cloud.steps import NotYet
from cloud.vireo import USER
from vireo.reconcile.learning import WRITE_SECONDS

COUNT = 5
MINUTE = 60.0


def main(settings: Settings) -> None:
    """Prints four figures."""
    with field(settings) as place:
        machines = [place.machine(f"machine-{number}") for number in range(COUNT)]
        disks = [place.disk(f"disk-{number}") for number in range(COUNT)]
        _cost(place, "writes_to_make_a_machine", machines)
        _cost(place, "writes_to_make_a_disk", disks)
        _settled(place)


def _cost(place: Field, name: str, objects: Sequence[Object]) -> None:
    since = audit.mark(place.settings)
    for one in objects:
        place.api.apply(one)
    for one in objects:
        place.until(f"{one['kind']} {one['metadata']['name']} to be Ready", partial(_check_ready, place, one))
    place.settle()
    kinds = place.writes(since)
    show(name, kinds.total() / len(objects), "requests", {"objects": len(objects), "kinds": kinds})


def _settled(place: Field) -> None:
    """What was learned of the starts is written within WRITE_SECONDS: only then it is settled."""
    time.sleep(WRITE_SECONDS)
    since = audit.mark(place.settings)
    time.sleep(MINUTE)
    kinds = Counter(
        f"{one.verb} {one.resource} {one.namespace}/{one.name}" for one in audit.writes(place.settings, since, USER)
    )
    show(
        "writes_of_a_settled_minute",
        sum(kinds.values()),
        "requests",
        {"machines": COUNT, "disks": COUNT, "kinds": kinds},
    )


def _check_ready(place: Field, one: Object) -> None:
    found = place.api.get(place.path(VIREO, one["metadata"]["name"], f"{one['kind'].lower()}s")) or {}
    if condition(found, "Ready").get("status") != "True":
        raise NotYet(condition(found, "Ready").get("message", "nothing said yet"))
    if one["kind"] == "VirtualMachine" and found["status"].get("guest", {}).get("agent") != "Connected":
        raise NotYet("its guest's agent")
