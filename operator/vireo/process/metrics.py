"""Prometheus metrics, by its naming rules."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from vireo.api.resources import Key, Resource


class Metrics:
    """The operator's own figures."""

    CONTENT_TYPE: ClassVar[str] = CONTENT_TYPE_LATEST

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
        self._depth = Gauge("vireo_queue_depth", "Objects that are due or being worked on.", registry=self.registry)

    def write(self, verb: str, key: Key) -> None:
        self._writes.labels(verb, str(key.resource)).inc()

    @contextmanager
    def reconcile(self, resource: Resource) -> Iterator[None]:
        """Times one reconcile; one that raised counts as an error."""
        start, result = time.perf_counter(), "error"
        try:
            yield
            result = "ok"
        finally:
            self._reconciles.labels(str(resource), result).observe(time.perf_counter() - start)

    def page(self, depth: int) -> bytes:
        """The text that Prometheus reads."""
        self._depth.set(depth)
        return generate_latest(self.registry)
