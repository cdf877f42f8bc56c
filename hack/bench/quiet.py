"""Port groups by the hundred over a hundred namespaces, and a thousand disks: what it takes until they are settled, that they are silent
then, and that an operator which is started on them leaves them alone.

It needs a cloud without real nodes, where the operator is a process of the host. Claims are bound by Kubernetes itself, to volumes without
bytes; the attachments are real objects that no pod uses.
"""

import os
import time
from collections import Counter
from collections.abc import Mapping

from bench import silence, upkeep
from bench.figure import show
from bench.upkeep import begin_anew
from bench.usage import cpu_seconds_of, of_vireo
from bench.wide import DISKS, NAMESPACES, PORT_GROUPS, Wide, wide
from cloud import audit
from cloud.settings import Settings
from cloud.steps import Failure
from cloud.vireo import USER
from vireo.process.own_kinds import COMPARE_SECONDS
from vireo.reconcile.learning import WRITE_SECONDS

SILENT_SECONDS = float(os.environ.get("VIREO_BENCH_SILENT_SECONDS") or COMPARE_SECONDS + WRITE_SECONDS)
"""Longer than anything that the operator does from time to time takes to come round."""


def main(settings: Settings) -> None:
    """Prints three figures. Raises Failure where something was written that should be silent."""
    if settings.real_nodes or settings.run != "process":
        raise Failure("quiet needs a cloud without real nodes", advice="VIREO_REAL_NODES=0 make up")
    with wide(settings) as those:
        sizes = {
            "simulated": True,
            "port_groups": PORT_GROUPS,
            "switches": len(those.switches),
            "namespaces": NAMESPACES,
            "attachments": those.attachments,
            "disks": DISKS,
        }
        _make(those, sizes)
        _be_silent(settings, sizes)
        _start_on_them(those, sizes)


def _make(those: Wide, sizes: Mapping[str, object]) -> None:
    settings = those.settings
    silence.settle(settings)
    since, reconciles, pids, began = audit.mark(settings), _reconciles(settings), of_vireo(settings), time.monotonic()
    cpu = cpu_seconds_of(pids)
    those.apply()
    those.until_ready()
    seconds = time.monotonic() - began
    silence.settle(settings)
    writes = silence.written(settings, since)
    took = {
        "cpu_seconds": round(cpu_seconds_of(pids) - cpu, 1),
        "writes": writes.total(),
        "kinds": writes,
        "reconciles": _reconciles(settings) - reconciles,
    }
    show("quiet: first apply until all are Ready", seconds, "seconds", {**sizes, **took})


def _be_silent(settings: Settings, sizes: Mapping[str, object]) -> None:
    time.sleep(WRITE_SECONDS)
    since, pids = audit.mark(settings), of_vireo(settings)
    cpu = cpu_seconds_of(pids)
    time.sleep(SILENT_SECONDS)
    used = {"seconds": SILENT_SECONDS, "cpu_seconds": round(cpu_seconds_of(pids) - cpu, 2)}
    _show_writes("quiet: writes when settled", settings, since, {**sizes, **used})


def _start_on_them(those: Wide, sizes: Mapping[str, object]) -> None:
    since = audit.mark(those.settings)
    life = begin_anew(those.settings, DISKS + len(those.switches))
    took = {"seconds": round(life.seconds, 1), "all_MiB": round(life.resident, 1), "peak_MiB": round(life.peak, 1)}
    _show_writes("quiet: writes of a start on all", those.settings, since, {**sizes, **took})


def _show_writes(name: str, settings: Settings, since: int, sizes: Mapping[str, object]) -> None:
    found = audit.writes(settings, since, USER)
    kinds = Counter(f"{one.verb} {one.resource} {one.namespace}/{one.name}" for one in found)
    show(name, kinds.total(), "requests", {**sizes, "kinds": kinds})
    if kinds:
        raise Failure(f"Vireo wrote {kinds.total()} times: {', '.join(sorted(kinds)[:10])}")


def _reconciles(settings: Settings) -> Counter[str]:
    """By resource."""
    return upkeep.sums(upkeep.metrics(settings), "vireo_reconcile_duration_seconds_count", "resource")
