"""Many machines on simulated nodes, from the first apply until all are Ready: Vireo's against KubeVirt's own with the very same specs.

Each side has two turns, ours first in the first pair and last in the second: what makes the cluster faster or slower favours none.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import fmean
from time import monotonic

from bench.figure import show, spread
from bench.namespace import Field, field
from bench.usage import cpu_seconds
from cloud import audit, processes
from cloud.api import Object
from cloud.settings import Settings
from cloud.simulated import namespace_annotations
from cloud.steps import Failure, NotYet
from cloud.vireo import OPERATOR

MACHINES = int(os.environ.get("VIREO_BENCH_MACHINES") or 1000)
"""How many a turn."""
APPLIED_AT_ONCE = 8
PATIENCE = 60 + 2 * MACHINES
"""Seconds that one turn may take, and its end as much again."""
ROOM = 250
"""How many machines a simulated node has room for."""


@dataclass(frozen=True)
class Turn:
    """How long it took until all were Ready, and what Vireo's operator used and wrote until nothing changed any more."""

    seconds: float
    cpu: float
    writes: Counter[str]
    specs: Mapping[str, Object]
    """Of KubeVirt's machines, by name."""


def main(settings: Settings) -> None:
    """Prints three figures."""
    _check_room(settings)
    first = _turn(settings, _vireo)
    plain = [_turn(settings, lambda place: _kubevirt(place, first.specs)) for _ in range(2)]
    ours = [first, _turn(settings, _vireo)]
    sizes = {"simulated": True, "machines": MACHINES, "turns": 2, "simulated_nodes": settings.simulated_nodes}
    seconds, plain_seconds = ([one.seconds for one in side] for side in (ours, plain))
    wall = {**sizes, **spread(seconds), "peer_spread": spread(plain_seconds)}
    show("fleet", fmean(seconds), "seconds", wall, ("KubeVirt alone", fmean(plain_seconds)))
    cpu = fmean(one.cpu for one in ours) / MACHINES
    show("fleet_cpu_a_machine", cpu, "seconds", sizes)
    kinds = {kind: round(count / MACHINES, 3) for kind, count in first.writes.most_common()}
    writes = fmean(one.writes.total() for one in ours) / MACHINES
    show("fleet_writes_a_machine", writes, "requests", {**sizes, "kinds": kinds})


def _check_room(settings: Settings) -> None:
    needed = -(-MACHINES // ROOM)
    if settings.run != "process" or settings.simulated_nodes < needed:
        raise Failure(
            f"{MACHINES} machines need {needed} simulated nodes, and the operator as a process of this host",
            advice=f"VIREO_REAL_NODES=0 VIREO_NODES={needed} make up",
        )


def _vireo(place: Field) -> list[Object]:
    return [place.machine(name) for name in _names()]


def _kubevirt(place: Field, specs: Mapping[str, Object]) -> list[Object]:
    return [place.plain(name, specs[name]) for name in _names()]


def _names() -> Sequence[str]:
    return [f"machine-{number}" for number in range(MACHINES)]


def _turn(settings: Settings, make: Callable[[Field], list[Object]]) -> Turn:
    """One side, alone on the cloud, from nothing to nothing."""
    with field(settings, namespace_annotations(), PATIENCE) as place:
        manifests = make(place)
        operator = processes.find(place.settings, OPERATOR)
        if operator is None:
            raise Failure("the operator does not run", processes.log_file(place.settings, OPERATOR), "make up")
        since, cpu = audit.mark(place.settings), cpu_seconds(operator.pid)
        seconds = _until_ready(place, manifests)
        place.settle()
        return Turn(seconds, cpu_seconds(operator.pid) - cpu, place.writes(since), place.specs())


def _until_ready(place: Field, manifests: Sequence[Object]) -> float:
    """Applies all; seconds from then until the last is Ready."""
    began, path = monotonic(), place.path(manifests[0]["apiVersion"])
    with ThreadPoolExecutor(APPLIED_AT_ONCE) as pool:
        list(pool.map(place.api.apply, manifests))
    place.until(
        f"{len(manifests)} machines to be Ready", lambda: _check_all_ready(place, path, len(manifests)), PATIENCE
    )
    return monotonic() - began


def _check_all_ready(place: Field, path: str, wanted: int) -> None:
    ready = place.api.column(path, "Ready").count("True")
    if ready < wanted:
        raise NotYet(f"{ready} are")
