"""Processes of a cloud: found by their mark, kept while they are as wanted, replaced when not, and ended for good."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud import processes
from cloud.processes import Process
from cloud.settings import Settings
from cloud.steps import Failure

SLEEPS = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)
WITH_A_CHILD = (
    sys.executable,
    "-c",
    "import subprocess, time; subprocess.Popen(['sleep', '600']); print('up', flush=True); time.sleep(600)",
)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(tmp_path)
    settings.log.mkdir()
    yield settings
    processes.end(processes.everything(settings), patience=0)


def start(settings: Settings, command: tuple[str, ...] = SLEEPS, name: str = "etcd") -> processes.Running:
    """Started, and past its beginning."""
    running = processes.start(settings, Process(name, command))
    while "up" not in processes.last_words(settings, name):
        processes.still_running(settings, name)
    return running


def test_a_process_that_runs_as_wanted_is_kept(settings: Settings) -> None:
    assert start(settings) == start(settings)


def test_one_with_another_command_is_replaced(settings: Settings) -> None:
    before = start(settings)
    after = start(settings, (*SLEEPS, "another"))
    assert before.pid != after.pid
    assert processes.everything(settings) == [after]


def test_one_whose_configuration_changed_is_replaced(settings: Settings) -> None:
    file = settings.dir / "config.yaml"
    file.write_text("one")
    before = processes.start(settings, Process("etcd", SLEEPS, files=(file,)))
    assert processes.start(settings, Process("etcd", SLEEPS, files=(file,))) == before
    file.write_text("two")
    assert processes.start(settings, Process("etcd", SLEEPS, files=(file,))) != before


def test_processes_are_found_by_name_and_by_cloud(settings: Settings, tmp_path: Path) -> None:
    etcd, other = start(settings), start(settings, name="kubelet")
    assert processes.find(settings, "etcd") == etcd
    assert sorted(processes.everything(settings)) == sorted([etcd, other])
    assert processes.everything(Settings(tmp_path / "another")) == []


def test_an_end_takes_the_children_along(settings: Settings) -> None:
    start(settings, WITH_A_CHILD)
    assert len(processes.everything(settings)) == 2
    processes.end(processes.everything(settings), patience=5)
    assert processes.everything(settings) == []


def test_who_does_not_end_when_asked_is_killed(settings: Settings) -> None:
    start(settings, STUBBORN)
    processes.end(processes.everything(settings), patience=0.1)
    assert processes.find(settings, "etcd") is None


def test_a_pid_that_means_another_process_by_now_is_left_alone(settings: Settings) -> None:
    running = start(settings)
    another = processes.Running(running.started - 1, running.pid, "etcd", "")
    processes.end([another], patience=0)
    assert processes.find(settings, "etcd") == running


def test_who_is_gone_is_said_with_the_log(settings: Settings) -> None:
    os.kill(start(settings).pid, signal.SIGKILL)
    while processes.find(settings, "etcd"):
        pass
    with pytest.raises(Failure, match="etcd ended") as failed:
        processes.still_running(settings, "etcd")
    assert "up" in failed.value.report()


def test_the_log_before_the_last_start_is_kept(settings: Settings) -> None:
    start(settings)
    start(settings, (*SLEEPS, "another"))
    assert (settings.log / "etcd.log.1").read_text() == "up\n"
