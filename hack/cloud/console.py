"""A machine's serial console, read and typed into by programs.

    with Console(settings, "shop", "web-1") as console:
        console.expect(r"Welcome to \\S+", seconds=60)
        print(console.run("disks"))

KubeVirt gives what the guest prints to whoever listens at that moment, so who comes late has missed the greeting. The
cloud's guest prints it again for its command `greeting`, which `expect` types at the first prompt of each connection.
KubeVirt has one listener a machine: a second one ends the first.
"""

import itertools
import json
import re
import shlex
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, Self

import websocket

from cloud import pki
from cloud.settings import Settings
from cloud.steps import Failure

SILENCE = 1.0  # seconds without a word, after which Enter is pressed to get a prompt
PAUSE = 0.2  # seconds between two attempts to connect
CONNECTING = 10.0  # seconds for one attempt, and for what is typed to leave
SHOWN_LINES = 40  # of the transcript in a failure
_PROMPT = re.compile(r"# $")
_CONTROL = re.compile(r"\r|\x1b\[[0-9;?]*[A-Za-z]")
_NEWS = re.compile(r"^guest: .*\n", re.MULTILINE)  # what the guest says unasked


class Closed(Exception):  # noqa: N818 - consoles close
    """There is no console, or no longer: the machine does not run yet, stopped or moved, or somebody else listens."""


class Wire(Protocol):
    """An open console."""

    def receive(self, seconds: float) -> bytes:
        """What comes within that time; nothing if nothing does. Raises Closed."""

    def send(self, data: bytes) -> None:
        """Types. Raises Closed."""

    def close(self) -> None:
        """Hangs up."""


class Terminal:
    """A root shell at the other end of a wire. `dial` opens the wire; it raises Closed while it can not."""

    def __init__(self, name: str, dial: Callable[[], Wire]) -> None:
        self._name, self._dial = name, dial
        self._wire: Wire | None = None
        self._asked_to_greet = False
        self._received = b""
        self._read = 0  # how much of the transcript has been looked at
        self._numbers = itertools.count(1)

    @property
    def transcript(self) -> str:
        """All that came so far, without what moves a cursor."""
        return _CONTROL.sub("", self._received.decode(errors="replace"))

    def connect(self, seconds: float) -> None:
        """Opens the wire unless it is open. Raises Failure when that can not be done for so long."""
        self._connected(time.monotonic() + seconds)

    def close(self) -> None:
        """Hangs up."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def expect(self, pattern: str, seconds: float = 60) -> str:
        """Waits for a line in which the pattern is found, and returns what the pattern matched of it.

        Looks at whole lines, at each once: the next call goes on behind. A console that closes is opened again.
        Raises Failure after `seconds`.
        """
        wanted, deadline = re.compile(pattern), time.monotonic() + seconds
        while True:
            for line in self._new_lines():
                if found := wanted.search(line):
                    return found[0]
            with suppress(Closed):
                self._ask_to_greet()
                self._listen(deadline, f"no line had {pattern!r} in {seconds:.0f} s")

    def run(self, command: str, seconds: float = 90, *, ends: bool = False) -> str:
        """Types one line of shell, and returns what it printed, without the guest's news in between.

        ends: the command ends the machine, so that the console closes; nothing is returned.
        The time is enough for a guest that still boots beside others on a busy machine.
        Raises Failure if it does not end in time or not with 0, or if the console closes under it.
        """
        if "\n" in command:
            raise ValueError(f"{command!r} is more than one line")
        deadline = time.monotonic() + seconds
        self._reach_prompt(deadline)
        return self._run_last(command, deadline) if ends else self._run(command, deadline)

    def type(self, line: str, seconds: float = 90) -> None:
        """Types a line at the prompt and does not wait for what it does: that is for `expect`. Raises Failure."""
        self._reach_prompt(time.monotonic() + seconds)
        self._type(line)

    def _run(self, command: str, deadline: float) -> str:
        number = next(self._numbers)
        frame = re.compile(rf"--begin {number}\n(.*?)--end {number} (\d+)\n", re.DOTALL)
        try:
            # The quotes keep the echo of what is typed from looking like what is printed.
            self._type(f"echo '--''begin {number}'; eval {shlex.quote(command)}; echo '--''end {number}' $?")
            while not (found := frame.search(self.transcript, self._read)):
                self._hear(deadline, f"`{command}` did not end")
        except Closed:
            raise self._failure(f"the console closed while `{command}` ran") from None
        self._read = found.end()
        if found[2] != "0":
            raise self._failure(f"`{command}` ended with {found[2]}")
        return _NEWS.sub("", found[1])

    def _run_last(self, command: str, deadline: float) -> str:
        with suppress(Closed):
            self._type(command)
            while True:
                self._hear(deadline, f"the machine went on after `{command}`")
        return ""

    def _new_lines(self) -> Iterator[str]:
        text = self.transcript
        while (end := text.find("\n", self._read)) >= 0:
            line, self._read = text[self._read : end], end + 1
            yield line

    def _reach_prompt(self, deadline: float) -> None:
        """Returns when there is a prompt. Hears first what is there: if the console closed meanwhile, that is seen now."""
        with suppress(Closed):
            while self._hear(deadline, "it never fell silent", patience=0.01):
                pass
        while not self._at_prompt():
            with suppress(Closed):
                self._listen(deadline, "there was no prompt")

    def _ask_to_greet(self) -> None:
        if self._at_prompt() and not self._asked_to_greet:
            self._asked_to_greet = True
            self._type("greeting")

    def _listen(self, deadline: float, otherwise: str) -> None:
        """Waits for more; in silence, presses Enter unless there is a prompt."""
        if not self._hear(deadline, otherwise) and not self._at_prompt():
            self._type("")

    def _hear(self, deadline: float, otherwise: str, patience: float = SILENCE) -> bytes:
        """Waits for more, up to `patience` seconds. Raises Closed; and Failure with `otherwise` after the deadline."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._failure(otherwise)
        wire = self._connected(deadline)
        with self._noticing_the_end():
            heard = wire.receive(min(patience, left))
        self._received += heard
        return heard

    def _type(self, line: str) -> None:
        with self._noticing_the_end():
            if self._wire is None:
                raise Closed
            self._wire.send(f"{line}\r".encode())

    def _at_prompt(self) -> bool:
        return self._wire is not None and _PROMPT.search(self.transcript) is not None

    def _connected(self, deadline: float) -> Wire:
        """The open wire, opened first if need be."""
        while self._wire is None:
            try:
                self._wire = self._dial()
                self._asked_to_greet = False
            except Closed as closed:
                if time.monotonic() >= deadline:
                    raise self._failure(f"it can not be reached: {closed}") from closed
                time.sleep(PAUSE)
        return self._wire

    @contextmanager
    def _noticing_the_end(self) -> Iterator[None]:
        try:
            yield
        except Closed:
            self.close()
            self._received += b"\n[the console closed]\n"
            raise

    def _failure(self, what: str) -> Failure:
        shown = "\n".join(self.transcript.splitlines()[-SHOWN_LINES:])
        return Failure(f"the console of {self._name}: {what}. It showed:\n{shown}")


class Console(Terminal):
    """The serial console of the machine `name`; `with` opens it, as soon as the machine runs, within `seconds`."""

    def __init__(self, settings: Settings, namespace: str, name: str, seconds: float = 120) -> None:
        super().__init__(f"{namespace}/{name}", lambda: _Socket(settings, namespace, name))
        self._seconds = seconds

    def __enter__(self) -> Self:
        self.connect(self._seconds)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Socket:
    """The subresource `console` of a machine instance, as the administrator. Raises Closed if it is refused."""

    def __init__(self, settings: Settings, namespace: str, name: str) -> None:
        path = f"apis/subresources.kubevirt.io/v1/namespaces/{namespace}/virtualmachineinstances/{name}/console"
        admin = pki.pair(settings, "admin")
        tls = {
            "ca_certs": str(pki.pair(settings, "ca").certificate),
            "certfile": str(admin.certificate),
            "keyfile": str(admin.key),
            "cert_reqs": ssl.CERT_REQUIRED,
            "check_hostname": True,
        }
        with _closed_for_errors():
            self._socket = websocket.create_connection(
                f"wss://{settings.api_address}:6443/{path}",
                timeout=CONNECTING,
                sslopt=tls,
                subprotocols=["plain.kubevirt.io"],
                suppress_origin=True,
            )

    def receive(self, seconds: float) -> bytes:
        self._socket.settimeout(seconds)
        with _closed_for_errors():
            try:
                opcode, data = self._socket.recv_data()
            except websocket.WebSocketTimeoutException:
                return b""
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise Closed("by the other side")
        return bytes(data)

    def send(self, data: bytes) -> None:
        self._socket.settimeout(CONNECTING)
        with _closed_for_errors():
            self._socket.send_binary(data)

    def close(self) -> None:
        self._socket.close(timeout=0)


@contextmanager
def _closed_for_errors() -> Iterator[None]:
    """Turns what can go wrong on a connection into Closed, with the API server's own words if it refused."""
    try:
        yield
    except websocket.WebSocketBadStatusException as refused:
        raise Closed(_words(refused)) from refused
    except (OSError, websocket.WebSocketException) as error:
        raise Closed(str(error)) from error


def _words(refused: websocket.WebSocketBadStatusException) -> str:
    try:
        return str(json.loads(refused.resp_body or b"")["message"])
    except (ValueError, KeyError, TypeError):
        return f"{refused.status_code} {(refused.resp_body or b'').decode(errors='replace')}"
