"""`kubectl vireo console`: a machine's serial console, by KubeVirt's subresource. What is typed goes to the guest as it is."""

import asyncio
import os
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import aiohttp
import msgspec

from vireo.api.resources import INSTANCE_SUBRESOURCES, KUBEVIRT_INSTANCE, VIRTUAL_MACHINE, Key
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.kube.look import get
from vireo.plugin.failure import PluginError
from vireo.plugin.reading import seen
from vireo.plugin.session import Session

ESCAPE: Final = b"\x1d"
"""Ctrl+], as in virtctl and telnet."""
PROTOCOL: Final = "plain.kubevirt.io"
"""Bytes, as they are."""
AT_ONCE: Final = 1024
DATA: Final = frozenset({aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT})


async def run(session: Session) -> int:
    """0 where the user left, 1 where the console closed. Raises ApiError, PluginError."""
    machine = session.machine
    await _must_run(session, machine)
    path = INSTANCE_SUBRESOURCES.path(machine.namespace, machine.name, "console")
    async with session.client.websocket(path, PROTOCOL) as wire:
        session.terminal.note(f"the console of {machine}: Enter for a prompt, Ctrl+] to leave")
        with _raw(_stdin()):
            left = await _joined(wire)
    if left:
        return 0
    session.terminal.note("")
    session.terminal.note(
        f"the console closed: {machine} stopped or moved, or somebody else opened it (one at a time may). See which: "
        f"kubectl vireo tree vvm/{machine.name} -n {machine.namespace}"
    )
    return 1


async def _must_run(session: Session, machine: Key) -> None:
    """Raises PluginError with what is so with a machine that has no guest."""
    raw = await get(session.client, Key(KUBEVIRT_INSTANCE, machine.namespace, machine.name))
    if raw and msgspec.json.decode(raw, type=InstanceView).status.phase == "Running":
        return
    own = await get(session.client, machine)
    if own is None:
        raise PluginError(
            f"{machine} does not exist. See what does: kubectl get {VIRTUAL_MACHINE} -n {machine.namespace}"
        )
    state = seen(VIRTUAL_MACHINE, own).state
    raise PluginError(f"{machine} has no console, since it does not run. {state.reason or state.word}: {state.message}")


async def _joined(wire: aiohttp.ClientWebSocketResponse) -> bool:
    """Hands on in both directions; whether it was the user who left."""
    typing, hearing = asyncio.create_task(_type(wire)), asyncio.create_task(_hear(wire))
    try:
        done, _ = await asyncio.wait((typing, hearing), return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()  # raises what ended it, such as nobody who reads
        return typing in done
    finally:
        typing.cancel()
        hearing.cancel()


async def _hear(wire: aiohttp.ClientWebSocketResponse) -> None:
    """Until the console closes."""
    async for message in wire:
        if message.type in DATA:
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


async def _type(wire: aiohttp.ClientWebSocketResponse) -> None:
    """Until the user leaves. Where there is no more to type, the guest is listened to all the same."""
    typed = _typed()
    while data := await typed.get():
        before, escape, _ = data.partition(ESCAPE)
        with suppress(ConnectionResetError):  # it closes, which is heard too
            await wire.send_bytes(before)
        if escape:
            return
    await asyncio.Event().wait()


def _typed() -> "asyncio.Queue[bytes]":
    """What comes on standard input, and nothing at its end. By a thread, since a file can not be waited for, and one that nobody waits
    for when the process ends."""
    loop, found = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def read() -> None:
        with suppress(RuntimeError):  # the loop ended meanwhile
            while data := _read(_stdin()):
                loop.call_soon_threadsafe(found.put_nowait, data)
            loop.call_soon_threadsafe(found.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    return found


def _read(source: int) -> bytes:
    """What comes next; nothing at the end, and of what can not be read."""
    try:
        return os.read(source, AT_ONCE)
    except OSError:
        return b""


def _stdin() -> int:
    """The number of standard input; none where it was closed."""
    return sys.stdin.fileno() if sys.stdin else -1


@contextmanager
def _raw(source: int) -> Iterator[None]:
    """A terminal that hands on each key, Ctrl+C too, and shows nothing of its own. What is no terminal stays as it is."""
    if not os.isatty(source):
        yield
        return
    before = termios.tcgetattr(source)
    try:
        tty.setraw(source)
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
