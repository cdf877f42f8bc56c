"""What one thread brings arrives in the loop of another: all of it, in order, also what comes while the loop carries."""

import asyncio
import threading
from functools import partial

from vireo.process.crossing import Crossing

ACTS = 20_000


def test_everything_arrives_in_the_order_it_was_brought() -> None:
    async def bring_and_wait() -> list[int]:
        loop, arrived, done = asyncio.get_running_loop(), list[int](), asyncio.Event()
        crossing = Crossing(loop)

        def bring_all() -> None:
            for number in range(ACTS):
                crossing.bring(partial(arrived.append, number))
            crossing.bring(done.set)

        thread = threading.Thread(target=bring_all)
        thread.start()
        await asyncio.wait_for(done.wait(), timeout=60)
        thread.join()
        return arrived

    assert asyncio.run(bring_and_wait()) == list(range(ACTS))


def test_the_loop_is_told_anew_when_it_had_carried_everything() -> None:
    async def bring_twice() -> list[str]:
        loop, arrived = asyncio.get_running_loop(), list[str]()
        crossing = Crossing(loop)
        for word in ("first", "second"):
            came = asyncio.Event()
            crossing.bring(partial(arrived.append, word))
            crossing.bring(came.set)
            await asyncio.wait_for(came.wait(), timeout=60)
        return arrived

    assert asyncio.run(bring_twice()) == ["first", "second"]
