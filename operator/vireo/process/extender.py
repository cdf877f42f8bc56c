"""`vireo extender`: ranks nodes for the scheduler beside it. Every replica keeps its own table; the leading scheduler asks its own."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector as Page

from vireo.extender.collector import Collector
from vireo.extender.protocol import Args, Fragments
from vireo.extender.recorder import Answer, Recorder
from vireo.extender.server import Extender
from vireo.extender.server import serve as serve_scheduler
from vireo.formulas.balance import Amounts
from vireo.kube.client import Client
from vireo.kube.measures import MetricsApi, Prometheus, Source
from vireo.kube.watch import Watcher
from vireo.load.demand import taken
from vireo.load.table import Table
from vireo.load.world import WATCHES, World
from vireo.process.clock import now
from vireo.process.health import Health, serve


@dataclass(frozen=True)
class Options:
    """Where it serves, and whom it asks for what is measured beside metrics.k8s.io."""

    host: str
    port: int
    health_port: int
    prometheus: str = ""


class ExtenderMetrics:
    """What the extender counts, and the load that it knows."""

    def __init__(self, table: Table, collector: Collector, recorder: Recorder) -> None:
        self.registry = CollectorRegistry()
        self.rankings: Counter[str] = Counter()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_Page(table, collector, recorder, self.rankings))
        self._answers = Histogram(
            "vireo_extender_request_duration_seconds",
            "Time of one question of a scheduler, by outcome: answered, or bad (it was none).",
            ["outcome"],
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2),
            registry=self.registry,
        )

    def answer(self, outcome: str, seconds: float) -> None:
        self._answers.labels(outcome).observe(seconds)

    def page(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


@dataclass(eq=False)
class _Page(Page):
    """The table and what became of the questions, as metrics that are made when they are asked for."""

    table: Table
    sources: Collector
    recorder: Recorder
    rankings: Counter[str]

    def collect(self) -> Iterator[Metric]:
        shown = self.table.shown()
        yield _gauge(
            "vireo_node_load_ratio",
            "B: the load of a node, in shares of it.",
            {(name,): one.load for name, one in shown.items()},
            "node",
        )
        yield _gauge(
            "vireo_node_use_ratio",
            "u: how much of a resource is in use, in shares of the node.",
            {(name, r): u for name, one in shown.items() for r, u in zip(Amounts._fields, one.use, strict=True)},
            "node",
            "resource",
        )
        yield GaugeMetricFamily(
            "vireo_imbalance_ratio",
            "How far the use of nodes is from even, in shares of a node.",
            value=self.table.imbalance(),
        )
        silent = self.sources.silent
        up = {(name,): float(name not in silent) for name in self.sources.names}
        yield _gauge("vireo_load_source_up", "1 if the source answered when it was asked last.", up, "source")
        yield _counter(
            "vireo_load_samples_dropped", "Samples that were not believed, by reason.", self.table.doubts, "reason"
        )
        yield _counter(
            "vireo_extender_rankings",
            "Rankings by outcome: ranked, equal (the difference is noise), empty (no node of the question is known).",
            self.rankings,
            "outcome",
        )
        yield CounterMetricFamily(
            "vireo_placement_records_dropped", "Placements that could not be recorded.", value=self.recorder.dropped
        )


def _gauge(name: str, says: str, values: Mapping[Any, float], *labels: str) -> Metric:
    found = GaugeMetricFamily(name, says, labels=labels)
    for key, value in values.items():
        found.add_metric(key, value)
    return found


def _counter(name: str, says: str, counts: Mapping[Any, int], label: str) -> Metric:
    found = CounterMetricFamily(name, says, labels=[label])
    for key, count in sorted(counts.items()):
        found.add_metric([key], count)
    return found


@dataclass
class Replica:
    """All parts of one replica, connected."""

    client: Client
    options: Options
    table: Table = field(default_factory=Table)
    fragments: Fragments = field(default_factory=Fragments)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.client, now)
        self.world = World(self.table, _seconds, self.recorder.bound)
        sources: list[Source] = [MetricsApi(self.client)]
        if self.options.prometheus:
            sources.insert(0, Prometheus(self.options.prometheus))
        self.collector = Collector(sources, self.world, self.table, now)
        self.metrics = ExtenderMetrics(self.table, self.collector, self.recorder)
        self.watchers = [Watcher(self.client, self.world, watch, lambda _: None) for watch in WATCHES]

    def prioritize(self, args: Args) -> bytes:
        """The answer: a score for each of the names, in their order. Holds what the pod takes at the node that is first."""
        pod, names, at = args.pod, args.names, _seconds()
        found = self.table.taken(pod.key) or taken(self.world.workload(pod), {}, self.table.usual, at)
        ranking = self.table.rank(found.load, names, at)
        if self.recorder.wants(pod.metadata):
            self.recorder.answered(pod.metadata.uid, Answer(ranking, names, found, self.table.imbalance()))
        if ranking.first is not None:
            self.table.hold(pod.key, names[ranking.first], found.load, at)
        self.metrics.rankings["empty" if ranking.first is None else "equal" if ranking.equal else "ranked"] += 1
        return self.fragments.answer(names, ranking)

    def not_ready(self) -> str:
        """Until all was listed once."""
        waiting = [
            str(watch.resource) for watch, one in zip(WATCHES, self.watchers, strict=True) if not one.synced.is_set()
        ]
        return f"not listed yet: {', '.join(waiting)}" if waiting else ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A part that fails ends all."""
        server = Extender(self.prioritize, self.metrics.answer)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(serve(Health(self.not_ready, self.metrics.page), self.options.health_port)),
                group.create_task(serve_scheduler(server, self.options.port, self.options.host)),
                group.create_task(self.recorder.run()),
                group.create_task(self._collect()),
                *(group.create_task(watcher.run()) for watcher in self.watchers),
            ]
            await stop.wait()
            for task in tasks:
                task.cancel()

    async def _collect(self) -> None:
        """Once it is known where everything is: a sample of what is not known is dropped."""
        for watcher in self.watchers:
            await watcher.synced.wait()
        await self.collector.run()


async def run(options: Options, identity: str, stop: asyncio.Event) -> None:
    """Connects, serves, and lets go."""
    async with await Client.connect(agent=f"vireo-extender ({identity})") as client:
        await Replica(client, options).run(stop)


def _seconds() -> float:
    return now().timestamp()
