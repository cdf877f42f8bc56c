"""When what was learned is written, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from machinery.clock import now, seconds

from vireo.api.learning import Act, Lasted, Observation, Sample, Subject, Topic
from vireo.reconcile.learning import WRITE_SECONDS, Learning

IMAGE = Topic(Subject("Image", "registry.example/guest:1"), "Boot")
CLUSTER = Topic(Subject("Cluster"), "Copy")


class Noted(Learning):
    """Notes when it would write, and of what."""

    written: list[tuple[float, str]]

    async def _write(self, subject: Subject) -> None:
        self.written.append((seconds(), subject.kind))
        del self._fresh[subject]


@asynccontextmanager
async def learning() -> AsyncIterator[Noted]:
    nothing: Any = None
    noted = Noted(nothing, nothing, now)
    noted.written = []
    task = asyncio.create_task(noted.run())
    try:
        yield noted
    finally:
        task.cancel()


def ended(*topics: Topic) -> tuple[Act, ...]:
    return (Act("Start", Lasted(seconds=5), tuple(Observation(topic, Sample(seconds=5)) for topic in topics)),)


async def test_what_comes_in_after_a_pause_is_written_at_once() -> None:
    async with learning() as noted:
        await asyncio.sleep(1000)
        noted.take(ended(IMAGE))
        await asyncio.sleep(1)
        assert noted.written == [(1000.0, "Image")]


async def test_a_flood_is_written_once_a_minute() -> None:
    async with learning() as noted:
        for _ in range(299):
            noted.take(ended(IMAGE, CLUSTER))
            await asyncio.sleep(1)
        moments = [at for at, kind in noted.written if kind == "Image"]
        assert moments == [0.0, 60.0, 120.0, 180.0, 240.0]
        assert [at for at, kind in noted.written if kind == "Cluster"] == moments


async def test_where_nothing_comes_in_nothing_is_written() -> None:
    async with learning() as noted:
        noted.take(ended(IMAGE))
        await asyncio.sleep(1)
        noted.take(ended())
        await asyncio.sleep(10 * WRITE_SECONDS)
        assert noted.written == [(0.0, "Image")]
