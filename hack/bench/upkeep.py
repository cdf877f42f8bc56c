"""An operator that has much to look after, seen from outside: how it starts, what memory it takes, what it writes."""

import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from bench.usage import peak, resident, until_quiet
from cloud import vireo
from cloud.settings import Settings
from cloud.steps import Failure

PATIENCE = 600.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Life:
    """An operator from its start until nothing was left to do: how long that took, and its memory in MiB at most, and when kopf too has
    listed everything."""

    seconds: float
    resident: float
    peak: float
    requests: Counter[str] = field(default_factory=Counter)
    """What it sent to the API server that writes, or would (DRY-RUN), by verb."""


def begin_anew(settings: Settings, objects: int) -> Life:
    """Ends the operator in an orderly way, if it runs, and starts it: it has `objects` to look after."""
    vireo.stop_process(settings)
    began = time.monotonic()
    pid = vireo.start_process(settings).pid
    found = _until_settled(settings, objects)
    seconds = time.monotonic() - began
    until_quiet(pid)
    requests = Counter({verb: int(count) for verb, count in sums(found, "vireo_writes_total", "verb").items()})
    return Life(seconds, resident(pid), peak(pid), requests)


def _until_settled(settings: Settings, objects: int) -> str:
    """The page of metrics that said so."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        page = metrics(settings)
        if _is_settled(page, objects):
            return page
        time.sleep(LOOK_SECONDS)
    raise Failure(f"the operator is not settled after {PATIENCE:.0f} s", log=None, advice="its log says what it does")


def _is_settled(page: str, objects: int) -> bool:
    """Nothing is due, and as much was reconciled as there is: what a start has to look at, it has looked at."""
    leads, depth = sums(page, "vireo_leader").total(), sums(page, "vireo_queue_depth").total()
    return leads == 1 and depth == 0 and sums(page, "vireo_reconcile_duration_seconds_count").total() >= objects


def metrics(settings: Settings) -> str:
    """What the operator on the host says of itself; nothing while it does not serve yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{vireo.port(settings)}/metrics", timeout=30) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return ""


def sums(page: str, name: str, label: str = "") -> Counter[str]:
    """The samples of that name, added up by the value of a label."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == name:
                found[sample.labels.get(label, "")] += int(sample.value)
    return found
