"""Writes at the API server that a machine and a disk cost, and what a settled minute costs: Vireo's own, from the audit log."""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

from bench.figure import show
from bench.machines import VIREO, Field, field
from cloud import audit
from cloud.api import Object, condition
from cloud.steps import NotYet
from cloud.vireo import USER
from vireo.reconcile.learning import WRITE_SECONDS

COUNT = 5
MINUTE = 60.0


def main() -> None:
    """Prints four figures."""
    with field() as place:
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
    _settle(place)
    kinds = _kinds(place, since)
    show(name, sum(kinds.values()) / len(objects), "requests", {"objects": len(objects), "kinds": kinds})


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


def _settle(place: Field) -> None:
    """Until nothing was written for a while: guest agents speak late."""
    seen = -1
    while (now := len(audit.writes(place.settings, 0, USER))) != seen:
        seen = now
        time.sleep(10)


def _kinds(place: Field, since: int) -> Counter[str]:
    """Requests in the namespace by verb and resource, so that the reader sees what they are."""
    found = (one for one in audit.writes(place.settings, since, USER) if one.namespace == place.namespace)
    return Counter(f"{one.verb} {one.resource}" for one in found)


def _check_ready(place: Field, one: Object) -> None:
    found = place.api.get(place.path(VIREO, one["metadata"]["name"], f"{one['kind'].lower()}s")) or {}
    if condition(found, "Ready").get("status") != "True":
        raise NotYet(condition(found, "Ready").get("message", "nothing said yet"))
    if one["kind"] == "VirtualMachine" and found["status"].get("guest", {}).get("agent") != "Connected":
        raise NotYet("its guest's agent")
