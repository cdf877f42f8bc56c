"""The console: what is typed goes to the guest as it is, and what the guest says is shown as it is, at a terminal and elsewhere."""

import asyncio
import os
import pty
import termios
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web
from plugin.objects import condition
from plugin.program import Handler, answer, played, run, start

INSTANCE = "/apis/kubevirt.io/v1/namespaces/shop/virtualmachineinstances/web-1"
MACHINE = "/apis/vireo.dev/v1alpha1/namespaces/shop/virtualmachines/web-1"
CONSOLE = "/apis/subresources.kubevirt.io/v1/namespaces/shop/virtualmachineinstances/web-1/console"
RUNS = answer({"metadata": {"name": "web-1"}, "status": {"phase": "Running"}})
STOPPED = [condition("Ready", "True", "Stopped", "It is off.")]
GREETING = b"guest\x1b[1m login: \xff\r\n"


class Guest:
    """Greets, hears, and hangs up at a `q`."""

    def __init__(self) -> None:
        self.heard = b""

    async def console(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == "Bearer secret"
        wire = web.WebSocketResponse(protocols=("plain.kubevirt.io",))
        await wire.prepare(request)
        await wire.send_bytes(GREETING)
        async for message in wire:
            assert message.type is WSMsgType.BINARY
            self.heard += message.data
            if b"q" in message.data:
                break
        return wire


@pytest.fixture
def guest() -> Guest:
    return Guest()


@pytest.fixture
async def cluster(guest: Guest, tmp_path: Path) -> AsyncIterator[Path]:
    async with played(tmp_path, {INSTANCE: RUNS, CONSOLE: guest.console}) as kubeconfig:
        yield kubeconfig


async def typed(cluster: Path, given: bytes) -> tuple[int | None, bytes, str]:
    """The exit code, what the guest said, and what the plugin said beside it, where nothing is a terminal."""
    process = await start(cluster, "console", "web-1", stdin=PIPE, stdout=PIPE)
    out, err = await asyncio.wait_for(process.communicate(given), 60)
    return process.returncode, out, err.decode()


async def test_without_a_terminal_what_comes_in_is_typed_until_the_escape(cluster: Path, guest: Guest) -> None:
    code, _, err = await typed(cluster, b"ls\r\x1dnever")
    assert code == 0
    assert guest.heard == b"ls\r"
    assert err.startswith("the console of VirtualMachine shop/web-1")


async def test_at_the_end_of_the_input_the_guest_is_listened_to_until_the_console_closes(cluster: Path) -> None:
    code, out, err = await typed(cluster, b"quit")
    assert code == 1
    assert out == GREETING
    assert "the console closed: VirtualMachine shop/web-1 stopped or moved" in err


async def test_at_a_terminal_each_key_goes_to_the_guest_and_the_terminal_is_as_it_was(
    cluster: Path, guest: Guest
) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = await start(cluster, "console", "web-1", stdin=theirs, stdout=theirs)
    shown = b""
    while GREETING not in shown:
        shown += await asyncio.wait_for(asyncio.to_thread(os.read, ours, 1024), 60)
    os.write(ours, b"\x03a\x1a")
    while guest.heard != b"\x03a\x1a":
        await asyncio.sleep(0.01)
    os.write(ours, b"\x1d")
    assert await asyncio.wait_for(process.wait(), 60) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (
            {MACHINE: answer({"metadata": {"name": "web-1"}, "status": {"conditions": STOPPED}})},
            "VirtualMachine shop/web-1 has no console, since it does not run. Stopped: It is off.",
        ),
        ({}, "VirtualMachine shop/web-1 does not exist. See what does: kubectl get virtualmachines.vireo.dev -n shop"),
        (
            {INSTANCE: RUNS, CONSOLE: answer({"reason": "Forbidden", "message": "you may not"}, 403)},
            "you may not. Ask who administers the cluster for this right",
        ),
    ],
)  # fmt: skip
async def test_where_there_is_no_console_a_line_says_why(
    tmp_path: Path, answers: dict[str, Handler], words: str
) -> None:
    async with played(tmp_path, answers) as kubeconfig:
        code, out, err = await run(kubeconfig, "console", "web-1")
    assert (code, out) == (1, "")
    assert err == f"kubectl vireo console: {words}\n"
