"""`kubectl vireo` as kubectl runs it, on a machine that runs."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest
from support.user import MACHINES, PATIENCE, User

pytestmark = pytest.mark.cloud


def test_a_machine_is_shown_down_to_its_pod_and_all_is_well(owner: User) -> None:
    code, root, _ = printed(owner, "tree", "vvm/a")
    assert code == 0
    kinds = []
    while root:
        assert root["well"], root
        kinds.append(root["kind"])
        (root,) = root["below"] or (None,)
    assert kinds == ["VirtualMachine", "VirtualMachine", "VirtualMachineInstance", "Pod"]
    code, found, _ = printed(owner, "status")
    assert code == (0 if found["ready"] else 1)
    assert [
        one for one in found["notReady"] if one["namespace"]
    ] == []  # switches are the cluster's, and of other tests


def test_what_a_machine_was_promised_and_where_it_runs_is_in_the_top(owner: User) -> None:
    code, (machine,), _ = printed(owner, "top", "machines")
    host = owner.until_ready(MACHINES, "a", "Running")["status"]["host"]
    assert (code, machine["name"], machine["host"]) == (0, "a", host)
    assert machine["promised"] == {"cpu": 1.0, "memory": 256 * 2**20}


@pytest.mark.proof
def test_a_restart_and_a_move_are_followed_to_their_end(owner: User) -> None:
    code, restarted, told = printed(owner, "restart", "a", "--wait")
    assert (code, _reason(restarted)) == (0, "Completed"), told
    host = owner.until_ready(MACHINES, "a", "Running")["status"]["host"]
    code, tried, _ = printed(owner, "migrate", "a", "--dry-run")
    assert (code, tried["status"]["outcome"]) == (0, f"a would move from {host} to another node.")
    code, moved, told = printed(owner, "migrate", "a", "--away-from", host, "--wait")
    assert (code, _reason(moved)) == (0, "Completed"), told
    assert owner.until_ready(MACHINES, "a", "Running")["status"]["host"] != host


def test_a_move_to_a_node_that_is_not_there_fails_with_1(owner: User) -> None:
    code, failed, said = printed(owner, "migrate", "a", "--to", "nowhere", "--wait")
    assert (code, _reason(failed)) == (1, "HostUnusable")
    assert "Node nowhere does not exist" in said


def test_the_console_takes_what_is_typed_and_gives_what_the_guest_says(owner: User) -> None:
    with console(owner, "a") as (process, typed, shown):
        deadline, heard = time.monotonic() + PATIENCE, b""
        while b"plug-in works" not in heard:  # the quotes keep the echo of what is typed from looking like it
            assert time.monotonic() < deadline, heard
            typed.write(b"echo plug'-'in works\r")
            typed.flush()
            time.sleep(1)
            heard += shown.read() or b""
        typed.write(b"\x1d")
        typed.flush()
        assert process.wait(PATIENCE) == 0


@contextmanager
def console(user: User, machine: str) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes], IO[bytes]]]:
    """The process, what is typed into it, and what it shows, which is read without waiting."""
    paths = f"{user.settings.bin}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "KUBECONFIG": str(user.settings.kubeconfig), "PATH": paths}
    command = ["kubectl", "vireo", "console", machine, "--namespace", user.namespace]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe) as process:
        assert process.stdin and process.stdout  # noqa: PT018 - both are pipes
        os.set_blocking(process.stdout.fileno(), False)
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


def printed(user: User, *arguments: str) -> tuple[int, Any, str]:
    """The exit code, the JSON that is printed, and what is said beside it."""
    code, out, err = user.vireo(*arguments)
    return code, json.loads(out) if out else None, err


def _reason(operation: Any) -> str:
    return str(next(one["reason"] for one in operation["status"]["conditions"] if one["type"] == "Complete"))
