"""What it costs to look after much: memory, and the time from the operator's start until nothing is left to do.

It needs a cloud without real nodes, where the operator is a process of the host. All else but the nodes is real: each machine has been
through virt-api, virt-controller and the scheduler, each claim is bound by Kubernetes itself, to a volume without bytes.
"""

import os

from bench.crowd import Crowd, gathered
from bench.figure import median, show, spread
from bench.listing import Listing, list_all
from bench.namespace import Field, field
from bench.upkeep import Life, begin_anew
from cloud import vireo
from cloud.api import Api
from cloud.settings import Settings
from cloud.simulated import namespace_annotations
from cloud.steps import Failure

CROWD = Crowd.of(int(os.environ.get("BENCH_OBJECTS") or 200))
TRIES = 7
MIB = 2**20


def main(settings: Settings) -> None:
    """Prints two figures. BENCH_OBJECTS says how many objects (of ours) there are. Raises Failure where there are real nodes."""
    if settings.real_nodes:
        raise Failure("start needs a cloud without real nodes", advice="VIREO_REAL_NODES=0 make up")
    with field(settings, namespace_annotations(), CROWD.patience) as place:
        base = begin_anew(place.settings, 1)
        with gathered(place, CROWD):
            _measure(place, base)


def _measure(place: Field, base: Life) -> None:
    """In pairs: a list while no operator is there, and a start. No object may be another one afterwards."""
    before = list_all(place.settings)
    pairs = [_pair(place) for _ in range(TRIES)]
    after = list_all(place.settings)
    lists, lives = [pair[0].seconds for pair in pairs], [pair[1] for pair in pairs]
    sizes = {
        "simulated": True,
        "tries": TRIES,
        **vars(CROWD),
        "listed": before.objects,
        "listed_MiB": round(before.size / MIB, 1),
    }
    resident, peak = median([life.resident for life in lives]), max(life.peak for life in lives)
    memory = {
        "base_MiB": round(base.resident, 1),
        "all_MiB": round(resident, 1),
        "peak_MiB": round(peak, 1),
    }
    show("start: memory of 1,000 objects", (resident - base.resident) / CROWD.objects * 1000, "MiB", sizes | memory)
    seconds = [life.seconds for life in lives]
    spreads = {
        **spread(seconds),
        "peer_spread": spread(lists),
        "empty_seconds": round(base.seconds, 3),
        "writes": lives[-1].requests,
    }
    show("start: restart to settled", median(seconds), "seconds", sizes | spreads, ("a bare paged list", median(lists)))
    _check_unchanged(before, after)


def _pair(place: Field) -> tuple[Listing, Life]:
    vireo.stop_process(place.settings)
    _collect_garbage(place)
    listing = list_all(place.settings)
    _collect_garbage(place)
    return listing, begin_anew(place.settings, CROWD.objects)


def _collect_garbage(place: Field) -> None:
    """Of the API server, which needs a core for a second for that: neither side is to pay for what the other left."""
    Api(place.settings).request("GET", "/debug/pprof/heap?gc=1")


def _check_unchanged(before: Listing, after: Listing) -> None:
    changed = sorted({key for key, _ in before.versions.items() ^ after.versions.items()})
    if changed:
        raise Failure(f"a restart changed {len(changed)} objects, such as {changed[0]}")
