"""A look that many ask for at once: none gets one that began before it asked."""

import asyncio

import pytest

from vireo.admission.look import Shared
from vireo.api.objects import Live, Meta
from vireo.api.resources import PLATFORM
from vireo.kube.client import ApiError


class Cluster:
    """Changes only when it is told to; each look takes until it is told to end."""

    state = 0
    looks = 0

    def __init__(self) -> None:
        self.ends = asyncio.Semaphore(0)

    async def look(self) -> Live[int]:
        self.looks += 1
        seen = self.state
        await self.ends.acquire()
        return Live(PLATFORM, Meta("default"), seen)


async def turn() -> None:
    """All that can go on goes on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_while_one_looks_gets_the_next_and_shares_it() -> None:
    cluster = Cluster()
    shared = Shared(cluster.look)
    first = asyncio.create_task(shared.get())
    await turn()
    cluster.state = 1
    later = [asyncio.create_task(shared.get()) for _ in range(5)]
    await turn()
    assert cluster.looks == 1
    cluster.ends.release()
    cluster.ends.release()
    assert (await first).view == 0
    assert {one.view for one in await asyncio.gather(*later)} == {1}
    assert cluster.looks == 2


async def test_who_gives_up_takes_it_from_nobody() -> None:
    cluster = Cluster()
    shared = Shared(cluster.look)
    impatient, patient = (asyncio.create_task(shared.get()) for _ in range(2))
    await turn()
    impatient.cancel()
    await turn()
    cluster.ends.release()
    assert (await patient).view == 0


async def test_a_look_that_failed_is_not_remembered() -> None:
    failures = [ApiError("GET", "/apis", 0, "NoAnswer", "")]

    async def look() -> Live[int]:
        if failures:
            raise failures.pop()
        return Live(PLATFORM, Meta("default"), 1)

    shared = Shared(look)
    with pytest.raises(ApiError):
        await shared.get()
    assert (await shared.get()).view == 1
