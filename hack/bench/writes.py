"""What an object of each kind costs from the first apply until it is settled: Vireo's own writes at the API server, from the audit log,
and the processor seconds of all its processes; and what a settled minute costs.

The processors are also used when nothing happens: what a settled minute takes, in as long a time, is taken off.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bench import silence
from bench.figure import show
from bench.namespace import Field, field
from bench.usage import cpu_seconds_of, of_vireo
from cloud import audit
from cloud.api import Object, condition
from cloud.settings import Settings
from cloud.steps import NotYet
from cloud.vireo import USER
from vireo.reconcile.learning import WRITE_SECONDS

COUNTS = {"machine": 5, "disk": 20, "switch": 20, "workload": 20}
"""How many of each are made at once: machines are slow, and of the others one alone takes less than the kernel counts."""
MINUTE = 60.0


@dataclass(frozen=True)
class Cost:
    """Of some objects, until nothing was written any more."""

    writes: Counter[str]
    cpu: float
    seconds: float


def main(settings: Settings) -> None:
    """Prints two figures a kind, and two of the settled minute."""
    with field(settings) as place:
        silence.settle(settings)
        costs = {name: _cost(place, objects) for name, objects in _objects(place).items()}
        idle = _settled(place)
        for name, cost in costs.items():
            _show(name, cost, idle)


def _objects(place: Field) -> Mapping[str, Sequence[Object]]:
    """By the name of their kind in a figure."""
    makers = {"machine": place.machine, "disk": place.disk, "switch": place.switch, "workload": place.workload}
    return {kind: [make(f"{kind}-{number}") for number in range(COUNTS[kind])] for kind, make in makers.items()}


def _cost(place: Field, objects: Sequence[Object]) -> Cost:
    since, began = audit.mark(place.settings), time.monotonic()
    pids = of_vireo(place.settings)
    cpu = cpu_seconds_of(pids)
    for one in objects:
        place.api.apply(one)
    for one in objects:
        place.until(f"{one['kind']} {one['metadata']['name']} to be Ready", partial(_check_ready, place, one))
    silence.settle(place.settings)
    writes = silence.written(place.settings, since)
    return Cost(writes, cpu_seconds_of(pids) - cpu, time.monotonic() - began)


def _settled(place: Field) -> float:
    """What was learned of the starts is written within WRITE_SECONDS: only then it is settled. The processor seconds of a second."""
    time.sleep(WRITE_SECONDS)
    since, pids = audit.mark(place.settings), of_vireo(place.settings)
    cpu = cpu_seconds_of(pids)
    time.sleep(MINUTE)
    cpu = cpu_seconds_of(pids) - cpu
    found = audit.writes(place.settings, since, USER)
    writes = Counter(f"{one.verb} {one.resource} {one.namespace}/{one.name}" for one in found)
    sizes = {"objects": COUNTS}
    show("writes_of_a_settled_minute", writes.total(), "requests", {**sizes, "kinds": writes})
    show("cpu_of_a_settled_minute", cpu, "seconds", {**sizes, "processes": len(pids)})
    return cpu / MINUTE


def _show(name: str, cost: Cost, idle: float) -> None:
    count = COUNTS[name]
    sizes = {"objects": count}
    show(f"writes_to_make_a_{name}", cost.writes.total() / count, "requests", {**sizes, "kinds": cost.writes})
    more = {"with_what_is_used_when_idle": round(cost.cpu / count, 3), "until_settled": round(cost.seconds, 1)}
    show(f"cpu_to_make_a_{name}", (cost.cpu - idle * cost.seconds) / count, "seconds", {**sizes, **more})


def _check_ready(place: Field, one: Object) -> None:
    found = place.api.get(place.api.path(one)) or {}
    if condition(found, "Ready").get("status") != "True":
        raise NotYet(condition(found, "Ready").get("message", "nothing said yet"))
    if one["kind"] == "VirtualMachine" and found["status"].get("guest", {}).get("agent") != "Connected":
        raise NotYet("its guest's agent")
