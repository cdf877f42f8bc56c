"""The commands of a tier: seen, logged, counted, and ended when its time is up."""

import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from tiers import work as work_module
from tiers.work import TierError, Work


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work("some", tmp_path / "some.log", time.monotonic() + 60)


def python(work: Work, program: str) -> None:
    work.run(sys.executable, "-c", program)


def test_what_a_command_prints_is_shown_and_kept(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    python(work, "import sys; print('one'); print('two', file=sys.stderr)")
    assert sorted(capsys.readouterr().out.split()) == ["one", "two"]
    assert sorted(work.log.read_text().split()) == ["one", "two"]


def test_a_command_that_fails_is_named_with_its_code(work: Work) -> None:
    with pytest.raises(TierError, match=r"python.* ended with 3"):
        python(work, "raise SystemExit(3)")


def test_nothing_is_asked_on_standard_input(work: Work) -> None:
    python(work, "import sys; print(repr(sys.stdin.read()))")
    assert work.log.read_text() == "''\n"


def test_the_closing_lines_of_pytest_are_added_up(work: Work) -> None:
    python(work, "print('1 failed, 2 passed, 3 skipped, 9 deselected in 1.50s')")
    python(work, "print('===== 5 passed, 1 error in 100.01s (0:01:40) =====')")
    python(work, "print('there were 7 passed of them')")
    assert work.counts == {"failed": 1, "passed": 7, "skipped": 3, "error": 1}


def test_parts_run_side_by_side_and_the_failure_of_one_does_not_end_another(work: Work) -> None:
    meet = "import pathlib, time; mine, other = map(pathlib.Path, {}); mine.touch()\nwhile not other.exists(): time.sleep(0.01)\n{}"
    files = [str(work.log.with_name(name)) for name in "ab"]
    first, second = meet.format(files, "raise SystemExit(3)"), meet.format(files[::-1], "print('1 passed in 0.1s')")
    with pytest.raises(TierError, match="ended with 3"):
        work.side_by_side(partial(python, work, first), partial(python, work, second))
    assert work.counts == {"passed": 1}


def test_the_tests_that_failed_are_kept_as_pytest_lists_them(work: Work) -> None:
    python(work, "print('tests/x.py::test_a FAILED [ 9%]'); print('FAILED tests/x.py::test_a - AssertionError: no')")
    python(work, "print('ERROR tests/y.py::test_b - TimeoutError')")
    assert work.failed == ["FAILED tests/x.py::test_a - AssertionError: no", "ERROR tests/y.py::test_b - TimeoutError"]


SILENT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print("begun", flush=True)
time.sleep(300)
"""


def test_what_hangs_is_ended_at_the_deadline_with_its_children(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "GRACE_SECONDS", 0.1)
    work.deadline = time.monotonic() + 1
    with pytest.raises(TierError, match="not done in time"):
        python(work, SILENT)  # returns only when all who have its output open are gone
    assert work.log.read_text() == "begun\n"


def test_what_is_stopped_from_another_thread_ends_and_nothing_follows_but_the_cleaning_up(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_when_it_runs() -> None:
        while not work.log.exists() or not work.log.read_text():
            time.sleep(0.01)
        work.stop()

    monkeypatch.setattr(work_module, "GRACE_SECONDS", 0.1)
    stopper = threading.Thread(target=stop_when_it_runs)
    stopper.start()
    with pytest.raises(TierError, match="not done in time"):
        python(work, SILENT)
    stopper.join()
    with pytest.raises(TierError, match="not done in time"):
        python(work, "print('more')")
    work.clean_up("this")
    assert work.log.read_text().startswith("begun\nThe Zen of Python")


def test_beside_others_each_line_says_whose_it_is(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    work.prefix = "some | "
    python(work, "print('one')")
    work.say("two")
    assert capsys.readouterr().out.splitlines() == ["some | one", "some | two"]
    assert work.log.read_text() == "one\n"


def test_for_cleaning_up_there_is_always_time(work: Work) -> None:
    work.deadline = time.monotonic() - 1
    work.clean_up("this")
    assert work.log.read_text().startswith("The Zen of Python")
