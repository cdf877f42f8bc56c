"""The queue of keys, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machinery.clock import VirtualTimeLoop, now, seconds

from vireo.api.resources import Key, own
from vireo.kube.client import ApiError
from vireo.reconcile.loop import Result
from vireo.reconcile.queue import (
    BACKOFF_MOST_SECONDS,
    COALESCE_SECONDS,
    RETRIES_A_SECOND,
    RETRIES_AT_ONCE,
    Queue,
)

THING = own("Thing", "things")
A, B = Key(THING, "shop", "a"), Key(THING, "shop", "b")
DONE, FAILED = Result(), Result(retry=True)


class Worked:
    """Work that takes `takes` seconds and answers what `answer` says; notes when each key was begun."""

    def __init__(self, answer: Callable[[], Result] = lambda: DONE, takes: float = 0.0) -> None:
        self.answer = answer
        self.takes = takes
        self.begun: list[tuple[str, float]] = []
        self.busy: list[Key] = []

    async def __call__(self, key: Key) -> Result:
        assert key not in self.busy, f"{key} has two workers"
        self.begun.append((key.name, seconds()))
        self.busy.append(key)
        try:
            await asyncio.sleep(self.takes)
            return self.answer()
        finally:
            self.busy.remove(key)


@asynccontextmanager
async def running(work: Worked, workers: int = 2) -> AsyncIterator[Queue]:
    queue = Queue(work, now)
    task = asyncio.create_task(queue.run(workers))
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_flurry_of_events_is_one_reconcile() -> None:
    work = Worked()
    async with running(work) as queue:
        for _ in range(10):
            queue.wake([A])
            await asyncio.sleep(COALESCE_SECONDS / 20)
        await asyncio.sleep(10)
    assert work.begun == [("a", COALESCE_SECONDS)]


async def test_keys_are_worked_on_side_by_side() -> None:
    work = Worked(takes=5)
    async with running(work) as queue:
        queue.wake([A, B])
        await asyncio.sleep(1)
        assert queue.depth == 2
        await asyncio.sleep(10)
        assert queue.depth == 0
    assert sorted(work.begun) == [("a", 0.05), ("b", 0.05)]


async def test_a_worker_that_waits_takes_what_becomes_due_while_others_are_busy() -> None:
    work = Worked(takes=5)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(1)
        queue.wake([B])
        await asyncio.sleep(10)
    assert work.begun == [("a", 0.05), ("b", 1.05)]


async def test_more_keys_than_workers_wait_their_turn_in_order() -> None:
    work = Worked(takes=1)
    async with running(work, workers=1) as queue:
        for name in "cab":
            queue.wake([Key(THING, "shop", name)])
            await asyncio.sleep(0.01)
        await asyncio.sleep(10)
    assert work.begun == [("c", 0.05), ("a", 1.05), ("b", 2.05)]


async def test_a_key_has_one_worker_at_a_time() -> None:
    work = Worked(takes=5)  # asserts it
    async with running(work, workers=4) as queue:
        for _ in range(40):
            queue.wake([A])
            await asyncio.sleep(0.3)
        await asyncio.sleep(20)
    assert [begun for _, begun in work.begun] == [0.05, 5.05, 10.05, 15.05]


async def test_a_wake_while_the_key_is_worked_on_is_not_lost() -> None:
    work = Worked(takes=5)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(3)
        queue.wake([A])
        await asyncio.sleep(60)
    assert work.begun == [("a", 0.05), ("a", 5.05)]


@given(
    wakes=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3)), max_size=30),
    takes=st.floats(0, 2),
    workers=st.integers(1, 3),
)
def test_after_every_wake_the_key_is_begun_again(wakes: list[tuple[str, float]], takes: float, workers: int) -> None:
    work = Worked(takes=takes)
    woken: list[tuple[str, float]] = []

    async def play() -> None:
        async with running(work, workers) as queue:
            for name, pause in wakes:
                queue.wake([Key(THING, "shop", name)])
                woken.append((name, seconds()))
                await asyncio.sleep(pause)
            await asyncio.sleep(100)
            assert queue.depth == 0

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(play())
    for name, moment in woken:
        assert any(begun >= moment for worked, begun in work.begun if worked == name), f"{name}, woken at {moment}"


async def test_failures_back_off_up_to_the_most() -> None:
    work = Worked(lambda: FAILED)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(2000)
    pauses = [round(later - sooner, 3) for (_, sooner), (_, later) in zip(work.begun, work.begun[1:], strict=False)]
    assert pauses[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, BACKOFF_MOST_SECONDS]
    assert set(pauses[10:]) == {BACKOFF_MOST_SECONDS}


async def test_after_a_success_the_back_off_begins_anew() -> None:
    answers = iter([FAILED, FAILED, FAILED, DONE, FAILED, DONE])
    work = Worked(lambda: next(answers))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(100)
        queue.wake([A])
        await asyncio.sleep(100)
    assert [begun for _, begun in work.begun] == [0.05, 1.05, 3.05, 7.05, 100.05, 101.05]


async def test_an_event_ends_a_back_off() -> None:
    answers = iter([*[FAILED] * 8, DONE])
    work = Worked(lambda: next(answers))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(130)  # in the pause from 127.05 to 255.05
        queue.wake([A])
        await asyncio.sleep(1000)
    assert [begun for _, begun in work.begun[-2:]] == [127.05, 130.05]


async def test_one_failing_key_keeps_no_other_waiting() -> None:
    work = Worked()

    async def only_a_fails(key: Key) -> Result:
        await work(key)
        return FAILED if key == A else DONE

    queue = Queue(only_a_fails, now)
    task = asyncio.create_task(queue.run(1))
    queue.wake([A])
    await asyncio.sleep(100)
    queue.wake([B])
    await asyncio.sleep(1)
    task.cancel()
    assert ("b", 100.05) in work.begun


@pytest.mark.parametrize("error", [RuntimeError("a fault"), ApiError("GET", "/", 500, "InternalError", "away")])
async def test_work_that_raises_is_tried_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    errors = iter([error])

    def answer() -> Result:
        for one in errors:
            raise one
        return DONE

    work = Worked(answer)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(100)
    assert [begun for _, begun in work.begun] == [0.05, 1.05]
    assert "Thing shop/a" in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(error, RuntimeError)  # that a server is away is no fault of ours


async def test_wake_at_comes_at_its_moment() -> None:
    answers = iter([Result(wake_at=now() + timedelta(hours=5)), DONE])
    work = Worked(lambda: next(answers))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(2 * 24 * 3600)
    assert work.begun == [("a", 0.05), ("a", 5 * 3600)]


async def test_an_event_comes_before_wake_at_and_replaces_it() -> None:
    answers = iter([Result(wake_at=now() + timedelta(hours=5)), DONE])
    work = Worked(lambda: next(answers))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(3600)
        queue.wake([A])
        await asyncio.sleep(24 * 3600)
    assert [begun for _, begun in work.begun] == [0.05, 3600.05]


async def test_of_back_off_and_wake_at_the_earlier_counts() -> None:
    answers = iter([*[FAILED] * 5, Result(now() + timedelta(seconds=40), retry=True), DONE])
    work = Worked(lambda: next(answers))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(1000)
    assert [begun for _, begun in work.begun[-2:]] == [31.05, 40]


async def test_a_moment_that_has_passed_is_not_met_without_a_pause() -> None:
    work = Worked(lambda: Result(wake_at=now() - timedelta(hours=1)))
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(10)
    assert [begun for _, begun in work.begun] == [round(0.05 + second, 2) for second in range(10)]


async def test_a_key_that_is_woken_often_while_it_waits_for_a_far_moment_leaves_nothing_behind() -> None:
    moments = iter([timedelta(hours=1)])  # the first key waits for something nearer
    work = Worked(lambda: Result(wake_at=now() + next(moments, timedelta(days=1))))
    async with running(work) as queue:
        queue.wake([B])
        await asyncio.sleep(1)
        for _ in range(2000):
            queue.wake([A])
            await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        assert len(queue._timers) == 2
        assert len(loop._scheduled) < 200  # type: ignore[attr-defined] # cancelled timers are cleared away
    assert len(work.begun) == 2001


async def test_what_is_being_worked_on_ends_and_nothing_new_begins() -> None:
    work = Worked(takes=2)
    async with running(work, workers=1) as queue:
        queue.wake([A])
        await asyncio.sleep(1)
        queue.wake([B])
        await asyncio.sleep(COALESCE_SECONDS * 2)
        await queue.drain(5)
        assert seconds() == pytest.approx(2 + COALESCE_SECONDS)
        await asyncio.sleep(10)
    assert [name for name, _ in work.begun] == ["a"]


async def test_work_that_does_not_end_is_not_waited_for_for_ever() -> None:
    work = Worked(takes=1000)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(1)
        await queue.drain(5)
        assert seconds() == pytest.approx(6)


async def test_where_nothing_is_being_worked_on_the_end_is_at_once() -> None:
    async with running(Worked()) as queue:
        await queue.drain(5)
        assert seconds() == 0


async def test_the_age_is_that_of_the_key_that_waits_longest_for_a_worker() -> None:
    work = Worked(takes=10)
    async with running(work, workers=1) as queue:
        queue.wake([A])
        await asyncio.sleep(1)
        assert queue.age == 0
        queue.wake([B])
        await asyncio.sleep(3)
        assert queue.age == pytest.approx(3 - COALESCE_SECONDS)
        await asyncio.sleep(10)
        assert queue.age == 0


async def test_many_that_fail_together_are_not_tried_again_in_a_flood() -> None:
    keys = [Key(THING, "shop", str(number)) for number in range(1000)]
    work = Worked(lambda: FAILED)
    async with running(work, workers=8) as queue:
        queue.wake(keys)
        await asyncio.sleep(60)
    again = len(work.begun) - len(keys)
    assert again <= RETRIES_AT_ONCE + 60 * RETRIES_A_SECOND


async def test_however_many_are_poisoned_a_sound_one_is_begun_at_once() -> None:
    work = Worked(lambda: FAILED, takes=0.1)
    sound = Key(THING, "shop", "sound")
    async with running(work, workers=8) as queue:
        queue.wake(Key(THING, "shop", str(number)) for number in range(1000))
        for moment in range(30, 330, 30):  # all have failed by then, and are tried again
            await asyncio.sleep(moment - seconds())
            queue.wake([sound])
            await asyncio.sleep(COALESCE_SECONDS * 2)
            assert ("sound", moment + COALESCE_SECONDS) in work.begun


async def test_one_that_fails_alone_does_not_wait_for_a_token() -> None:
    work = Worked(lambda: FAILED)
    async with running(work) as queue:
        queue.wake([A])
        await asyncio.sleep(2)
    assert [begun for _, begun in work.begun] == pytest.approx([COALESCE_SECONDS, COALESCE_SECONDS + 1])
