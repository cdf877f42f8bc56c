"""A real shell on a pseudo-terminal, as the guest has one on its serial console, with a wire to it."""

import os
import pty
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.console import Closed, Terminal

PROFILE = "PS1='root@test:~# '; greeting() { printf 'Welcome to test: a shell\\nevent 1\\nevent 2\\n'; }\n"


class Wire:
    """A shell of its own. Closing the wire ends it."""

    def __init__(self, profile: Path) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execve("/bin/sh", ["sh", "-i"], {"ENV": str(profile), "PATH": "/usr/bin:/bin", "TERM": "dumb"})

    def receive(self, seconds: float) -> bytes:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._terminal, 65536)
        except OSError as ended:
            raise Closed("the shell ended") from ended

    def send(self, data: bytes) -> None:
        os.write(self._terminal, data)

    def close(self) -> None:
        os.close(self._terminal)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """A terminal that dials such a shell, a new one each time."""
    profile = folder / "profile"
    profile.write_text(PROFILE)
    made = Terminal("test", lambda: Wire(profile))
    try:
        yield made
    finally:
        made.close()
