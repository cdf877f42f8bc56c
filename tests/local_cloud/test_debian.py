"""The host's packages: apt-get as it answers while another process has it, played by a script in its place."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.build import debian
from cloud.steps import Failure, Steps

FIRST_BUSY = """echo "$@" >> {log}
[ $(wc -l < {log}) -gt 1 ] || { echo "E: Could not get lock /lists/lock. It is held by process 7 (apt-get)" >&2; exit 100; }
"""
NO_MIRROR = """echo "$@" >> {log}
echo "E: Failed to fetch" >&2
exit 100
"""
Tool = Callable[[str, str], Path]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Puts a script in the place of a program; answers with the file in which it may note what it was asked."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    log = tmp_path / "log"

    def put(name: str, script: str) -> Path:
        (tmp_path / name).write_text("#!/bin/sh\n" + script.replace("{log}", str(log)))
        (tmp_path / name).chmod(0o755)
        return log

    put("dpkg-query", "exit 1\n")
    return put


def test_another_process_that_has_apt_get_is_waited_for(tool: Tool) -> None:
    log = tool("apt-get", FIRST_BUSY)
    debian.require(["mtools"], Steps())
    assert log.read_text().splitlines() == [
        "-qq update",
        "-qq update",
        "-qq install --yes --no-install-recommends mtools",
    ]


def test_what_waiting_does_not_help_is_said_at_once(tool: Tool) -> None:
    log = tool("apt-get", NO_MIRROR)
    with pytest.raises(Failure, match="Failed to fetch"):
        debian.require(["mtools"], Steps())
    assert log.read_text().splitlines() == ["-qq update"]
