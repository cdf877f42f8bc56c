"""`vireo admission`: the webhook's process. Every replica serves; they share a certificate, and none leads."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from vireo.admission.keeper import Keeper
from vireo.admission.look import Looker
from vireo.admission.server import Reviewer
from vireo.admission.server import serve as serve_reviews
from vireo.api.resources import SECRET, Key
from vireo.kinds import KINDS
from vireo.kube.client import Client
from vireo.process.clock import now
from vireo.process.health import Health, serve

log = logging.getLogger(__name__)

LINGER_SECONDS: Final = 2.0
"""How long one that was told to stop goes on answering: the API server may not know yet that it goes."""


@dataclass(frozen=True)
class Options:
    """Where this replica serves, and by which names it is known in the cluster."""

    port: int
    health_port: int
    namespace: str
    secret: str
    configuration: str
    hosts: tuple[str, ...]
    makes_certificates: bool


class AdmissionMetrics:
    """What the webhook counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._reviews = Histogram(
            "vireo_admission_review_duration_seconds",
            "Time of one review, by resource and outcome: allowed, warned, refused, unknown (allowed, since something could not be "
            "looked at), bad (no review of ours).",
            ["resource", "outcome"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2),
            registry=self.registry,
        )
        self._ends = Gauge(
            "vireo_admission_certificate_expiry_timestamp_seconds",
            "When the certificate that is served with ends, in seconds since 1970; 0 while there is none.",
            registry=self.registry,
        )

    def review(self, resource: str, outcome: str, seconds: float) -> None:
        self._reviews.labels(resource, outcome).observe(seconds)

    def page(self, keeper: Keeper) -> bytes:
        """The text that Prometheus reads."""
        self._ends.set(keeper.chain.ends.timestamp() if keeper.chain else 0)
        return generate_latest(self.registry)


@dataclass
class Admission:
    """All parts of one replica, connected."""

    client: Client
    options: Options
    metrics: AdmissionMetrics = field(default_factory=AdmissionMetrics)

    def __post_init__(self) -> None:
        options, kinds = self.options, {kind.resource: kind for kind in KINDS}
        self.keeper = Keeper(
            self.client,
            Key(SECRET, options.namespace, options.secret),
            options.configuration,
            options.hosts,
            now,
            options.makes_certificates,
        )
        self.reviewer = Reviewer(KINDS, Looker(self.client, kinds, now), self.metrics.review)
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. A part that fails ends all."""
        health = Health(self._not_ready, lambda: self.metrics.page(self.keeper))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(serve(health, self.options.health_port)),
                group.create_task(serve_reviews(self.reviewer, self.keeper.context, self.options.port)),
                group.create_task(self.keeper.run()),
            ]
            await stop.wait()
            log.info("told to stop")
            self._stopping = True
            await asyncio.sleep(LINGER_SECONDS)
            for task in tasks:
                task.cancel()

    def _not_ready(self) -> str:
        return "told to stop" if self._stopping else self.keeper.not_ready()


async def run(options: Options, identity: str, stop: asyncio.Event) -> None:
    """Connects, serves, and lets go."""
    async with await Client.connect(agent=f"vireo-admission ({identity})") as client:
        await Admission(client, options).run(stop)
