"""Prometheus metrics, by its naming rules."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from vireo.api.learning import Act
from vireo.api.reasons import Reason
from vireo.api.resources import Key, Resource
from vireo.reconcile.queue import Queue


class Metrics:
    """The operator's own figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._writes = Counter(
            "vireo_writes", "Requests that write, by verb and resource.", ["verb", "resource"], registry=self.registry
        )
        self._reconciles = Histogram(
            "vireo_reconcile_duration_seconds", "Time of one reconcile.", ["resource", "result"], registry=self.registry
        )
        self._failures = Counter(
            "vireo_step_failures",
            "Steps of a reconcile that did not succeed, by resource and reason.",
            ["resource", "reason"],
            registry=self.registry,
        )
        self._acts = Histogram(
            "vireo_act_duration_seconds",
            "Time of an act that has ended, by the resource that says so.",
            ["resource", "act"],
            buckets=(0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
            registry=self.registry,
        )
        self._errors = Histogram(
            "vireo_estimate_error_ratio",
            "How far the time of an act was from what was expected before, as a share of that time; basis: learned, or a default.",
            ["resource", "act", "basis"],
            buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
            registry=self.registry,
        )
        self._depth = Gauge("vireo_queue_depth", "Objects that are due or being worked on.", registry=self.registry)
        self._age = Gauge(
            "vireo_queue_oldest_seconds",
            "For how long the object that waits longest for a worker has been due.",
            registry=self.registry,
        )
        self._leads = Gauge(
            "vireo_leader", "1 if this operator holds the Lease and works, 0 if it stands by.", registry=self.registry
        )
        self._lag = Histogram(
            "vireo_event_loop_lag_seconds",
            "How late the operator's loop comes to what is due, looked at once a second.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )

    def write(self, verb: str, key: Key) -> None:
        self._writes.labels(verb, str(key.resource)).inc()

    def failure(self, resource: Resource, reason: Reason) -> None:
        self._failures.labels(str(resource), reason.value).inc()

    def act(self, resource: Resource, act: Act) -> None:
        """The figures of an act that has ended. One of no time at all has no error that could be told."""
        lasted = act.lasted
        if not lasted.seconds:
            return
        self._acts.labels(str(resource), act.name).observe(lasted.seconds)
        if lasted.estimated is not None:
            basis = "learned" if lasted.observations else "default"
            error = abs(lasted.estimated - lasted.seconds) / lasted.seconds
            self._errors.labels(str(resource), act.name, basis).observe(error)

    @contextmanager
    def reconcile(self, resource: Resource) -> Iterator[None]:
        """Times one reconcile; one that raised counts as an error."""
        start, result = time.perf_counter(), "error"
        try:
            yield
            result = "ok"
        finally:
            self._reconciles.labels(str(resource), result).observe(time.perf_counter() - start)

    async def watch_the_loop(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 1
            await asyncio.sleep(1)
            self._lag.observe(max(0.0, loop.time() - due))

    def page(self, queue: Queue, *, leads: bool) -> bytes:
        """The text that Prometheus reads."""
        self._depth.set(queue.depth)
        self._age.set(queue.age)
        self._leads.set(leads)
        return generate_latest(self.registry)
