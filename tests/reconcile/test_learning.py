"""What is learned survives the operator, in Calibrations of a real API server. The toy's one act: each status says that a boot ended."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from reconcile.cluster import CRDS, Cluster
from reconcile.toy import KIND as TOY_KIND
from reconcile.toy import TOY

from vireo.api.learning import Act, Lasted, Observation, Sample, Subject, Topic
from vireo.api.reconcile import Observed
from vireo.api.resources import CALIBRATION
from vireo.kinds.calibration.kind import KIND as CALIBRATION_KIND
from vireo.kube.client import APPLY, MERGE_PATCH, ApiError
from vireo.kube.leadership import LEASES, Leadership
from vireo.process.run import Operator

pytestmark = pytest.mark.api

CRD = Path(__file__).parents[2] / "crds" / "calibrations.vireo.dev.yaml"
AT_ONCE = 0.05
NEVER_AGAIN = 3600.0


@dataclass
class Learner(Cluster):
    """A toy `a` teaches how long it took: the number in its spec.text."""

    @property
    def topic(self) -> Topic:
        return Topic(Subject("Image", self.namespace), "Boot")

    @property
    def path(self) -> str:
        return CALIBRATION.path(name=self.topic.subject.key.name)

    @property
    def known(self) -> list[float]:
        """What the operator knows, written or not."""
        assert self.operator is not None
        return [one.seconds for one in self.operator.learning.samples(self.topic)]

    async def begin(self, write_seconds: float) -> None:
        await self.start()
        assert self.operator is not None
        self.operator.learning.write_seconds = write_seconds

    async def teach(self, seconds: int) -> None:
        """A new generation, so a new status, so an act that has ended."""
        await self.toy(text=str(seconds))
        await self.until_ready()

        async def learned() -> bool:
            return self.known[-1:] == [seconds]

        await self.until(learned)

    async def stored(self) -> list[float] | None:
        """What the API server holds; None where there is no Calibration."""
        try:
            found = msgspec.json.decode(await self.client.request("GET", self.path))
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        return [one["seconds"] for phase in found.get("status", {}).get("phases", ()) for one in phase["samples"]]

    async def until_stored(self, *seconds: float) -> None:
        async def same() -> bool:
            return await self.stored() == list(seconds)

        await self.until(same)

    async def until_watched(self) -> None:
        """Until the operator hears what others do to it: what it wrote itself it knew before."""
        marked = {"metadata": {"labels": {"seen": "here"}}}
        await self.client.request("PATCH", self.path, {}, marked, content_type=MERGE_PATCH)

        async def heard() -> bool:
            assert self.operator is not None
            live = self.operator.store.get(self.topic.subject.key)
            return live is not None and "seen" in live.meta.labels

        await self.until(heard)


@pytest.fixture
async def learner(quiet_cluster: Cluster) -> AsyncIterator[Learner]:
    """Its operator is yet to begin."""
    crd = yaml.safe_load(CRD.read_text())
    query = {"fieldManager": "vireo-tests", "force": "true"}
    await quiet_cluster.client.request("PATCH", CRDS.path(name=crd["metadata"]["name"]), query, crd, content_type=APPLY)

    async def served() -> bool:
        try:
            await quiet_cluster.client.request("GET", CALIBRATION.path())
        except ApiError:
            return False
        return True

    await quiet_cluster.until(served)
    learner = Learner(quiet_cluster.client, quiet_cluster.namespace)
    learner.kinds = (teaching(learner), CALIBRATION_KIND)
    try:
        yield learner
    finally:
        await learner.stop()
        if await learner.stored() is not None:
            await learner.client.request("DELETE", learner.path)


def teaching(learner: Learner) -> Any:
    """The toys of other tests, which go with their namespaces, teach nothing."""

    def ended(_before: Any, _after: Any, observed: Observed[Any, Any]) -> tuple[Act, ...]:
        if observed.key.namespace != learner.namespace:
            return ()
        seconds = float(observed.spec.text)
        return (Act("Boot", Lasted(seconds=seconds), (Observation(learner.topic, Sample(seconds=seconds)),)),)

    return replace(TOY_KIND, ended=ended)


async def test_what_was_seen_is_written_with_what_it_is_of(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    await learner.teach(6)
    await learner.until_stored(5.0, 6.0)
    found = msgspec.json.decode(await learner.client.request("GET", learner.path))
    assert found["spec"] == {"subject": {"kind": "Image", "name": learner.namespace}}
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


async def test_what_follows_soon_is_known_at_once_and_waits_to_be_written(learner: Learner) -> None:
    await learner.begin(NEVER_AGAIN)
    await learner.teach(5)
    await learner.until_stored(5.0)
    await learner.teach(6)
    await learner.idle()
    assert learner.known == [5.0, 6.0]
    assert await learner.stored() == [5.0]
    assert learner.writes.count(("PATCH", "calibrations")) == 1


async def test_a_pass_that_says_nothing_new_teaches_nothing(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    await learner.merge(TOY, "a", {"metadata": {"annotations": {"looked": "at"}}})
    await learner.idle()
    assert learner.known == [5.0]


async def test_a_restart_begins_with_what_was_written_and_writes_nothing(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    await learner.idle()
    before = await learner.client.request("GET", learner.path)
    await learner.restart()
    await learner.idle()
    assert learner.known == [5.0]
    assert [write for write in learner.writes if write[0] != "DRY-RUN"] == []
    assert await learner.client.request("GET", learner.path) == before


async def test_one_that_is_deleted_is_learned_anew(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    await learner.until_watched()
    await learner.client.request("DELETE", learner.path)

    async def forgotten() -> bool:
        return learner.known == []

    await learner.until(forgotten)
    await learner.teach(6)
    await learner.until_stored(6.0)


async def test_one_that_a_person_spoiled_counts_for_what_can_be_read_of_it(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    spoiled = {"status": {"phases": [{"phase": "Boot", "samples": []}, {"phase": "Run", "samples": [{"seconds": 9}]}]}}
    path = CALIBRATION.path("", learner.topic.subject.key.name, "status")
    await learner.client.request("PATCH", path, {}, spoiled, content_type=MERGE_PATCH)

    async def seen() -> bool:
        return learner.known == []

    await learner.until(seen)
    await learner.teach(6)
    await learner.until_stored(6.0, 9.0)


async def test_what_was_not_used_for_long_is_forgotten(learner: Learner) -> None:
    await learner.begin(AT_ONCE)
    await learner.teach(5)
    await learner.until_stored(5.0)
    old = {"status": {"lastObservationTime": "2020-01-01T00:00:00Z"}}
    path = CALIBRATION.path("", learner.topic.subject.key.name, "status")
    await learner.client.request("PATCH", path, {}, old, content_type=MERGE_PATCH)

    async def gone() -> bool:
        return await learner.stored() is None

    await learner.until(gone)


async def test_who_stands_by_writes_nothing_and_knows_what_the_other_wrote(learner: Learner) -> None:
    lease = f"held-{uuid.uuid4().hex[:8]}"
    spec = {"holderIdentity": "another", "leaseDurationSeconds": 3600}
    await learner.create(LEASES, {"metadata": {"name": lease}, "spec": spec})
    leadership = Leadership(learner.namespace, lease, "stands-by", lambda: datetime.now(UTC))
    idle = Operator(learner.client, learner.kinds, leadership)
    written: list[str] = []
    idle.gate.for_each_write = lambda verb, key: written.append(f"{verb} {key}")
    stop = asyncio.Event()
    task = asyncio.create_task(idle.run(0, stop))
    try:
        await learner.begin(AT_ONCE)
        await learner.teach(5)
        await learner.until_stored(5.0)

        async def known() -> bool:
            return [one.seconds for one in idle.learning.samples(learner.topic)] == [5.0]

        await learner.until(known)
        assert written == []
    finally:
        stop.set()
        await task
