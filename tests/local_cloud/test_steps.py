"""Steps: what is said while things happen, what a failure tells, and that one failure stops the others."""

import io
import re
import threading
from pathlib import Path

import pytest

from cloud.steps import Abandoned, Failure, NotYet, Steps, tail


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def steps(out: io.StringIO) -> Steps:
    return Steps(out)


def said(out: io.StringIO) -> list[str]:
    """The lines, without their times."""
    return [re.sub(r"^ *[\d.]+ s  |\d+\.\d s$", "", line).strip() for line in out.getvalue().splitlines()]


def test_a_step_is_said_and_recorded_with_its_time(steps: Steps, out: io.StringIO) -> None:
    with steps.step("etcd"):
        pass
    assert said(out) == ["etcd: done in"]
    assert [(record.name, record.peak_bytes) for record in steps.records] == [("etcd", None)]


def test_a_step_records_the_greatest_memory_that_was_seen(out: io.StringIO) -> None:
    figures = iter([3 * 2**30, 2**30])
    steps = Steps(out, memory=lambda: next(figures, 2**30))
    with steps.step("etcd"):
        pass
    assert steps.records[0].peak_bytes == 3 * 2**30
    assert "at most 3.0 GiB in use" in out.getvalue()


def test_a_step_that_fails_is_not_recorded_as_done(steps: Steps) -> None:
    with pytest.raises(Failure), steps.step("etcd"):
        raise Failure("no")
    assert steps.records == []


def test_a_wait_returns_what_the_check_returns(steps: Steps) -> None:
    with steps.step("etcd") as step:
        assert step.wait("etcd", lambda: 7, seconds=0) == 7


def test_a_reason_is_said_once_while_it_stays_the_same(steps: Steps, out: io.StringIO) -> None:
    reasons = iter(["starting", "one", "one", "one", "another", ""])

    def check() -> None:
        if reason := next(reasons):
            raise NotYet(reason)

    with steps.step("etcd") as step:
        step.wait("etcd to answer", check, seconds=60)
    assert said(out)[:-1] == [
        "etcd: waiting for etcd to answer (one)",  # the first look is not worth a line
        "etcd: waiting for etcd to answer (another)",
    ]


def test_a_wait_in_vain_fails_with_the_last_reason_the_log_and_advice(steps: Steps, tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))

    def check() -> None:
        raise NotYet("no leader")

    with pytest.raises(Failure) as failed, steps.step("etcd") as step:
        step.wait("etcd to answer", check, seconds=0, log=log, advice="look at the disk")
    report = failed.value.report().splitlines()
    assert report[0] == "FAILED: etcd: waited 0 s for etcd to answer: no leader"
    assert report[-3:] == ["line 99", "---", "What to do: look at the disk"]
    assert "line 84" not in report


def test_a_failure_ends_the_waits_beside_it_and_is_the_one_that_is_told(steps: Steps) -> None:
    waiting = threading.Event()

    def fails() -> None:
        waiting.wait(10)
        raise Failure("this one")

    def waits() -> None:
        with steps.step("other") as step:
            waiting.set()
            step.wait("what never comes", never, seconds=60)

    def never() -> None:
        raise NotYet("never")

    with pytest.raises(Failure, match="this one"):
        steps.together({"waits": waits, "fails": fails})


def test_who_is_stopped_by_another_failure_is_abandoned(steps: Steps) -> None:
    with pytest.raises(Failure, match="first"):
        steps.together({"first": lambda: _fail("first")})

    def never() -> None:
        raise NotYet("never")

    with pytest.raises(Abandoned), steps.step("other") as step:
        step.wait("it", never, seconds=60)


def test_the_tail_of_a_log_is_short_and_cut(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 100_000 + "\n" + "y" * 1000 + "\nlast\n")
    assert [len(line) for line in tail(log, 2)] == [400, 4]


def _fail(what: str) -> None:
    raise Failure(what)
