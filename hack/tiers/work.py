"""The work of one tier: its commands, seen while they run and kept in its log, each ended at the tier's deadline."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cloud.settings import CHECKOUT

COUNTED = re.compile(r"(\d+) (passed|failed|error|skipped|xfailed|xpassed)")
CLOSING = re.compile(r"^=* ?(?P<counts>\d+ (?:passed|failed|error|skipped|deselected).*) in [\d.]+s")
FAILED = re.compile(r"(FAILED|ERROR) tests/")
GRACE_SECONDS = 30.0
CLEAN_UP_SECONDS = 300.0
LATE = "not done in time"


class TierError(Exception):
    """A command of the tier failed, or was not done in time."""


@dataclass
class Work:
    """Runs commands for one tier. `counts` is how many tests passed, failed and so on, as pytest says."""

    name: str
    log: Path
    deadline: float
    prefix: str = ""
    """What each line begins with on the terminal, where tiers run side by side."""
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """The tests that failed, with the first words of why, as pytest lists them at its end."""
    _running: "set[subprocess.Popen[str]]" = field(default_factory=set)

    def say(self, text: str) -> None:
        """Prints a line, and keeps it for the summary."""
        self.show(text)
        self.notes.append(text)

    def show(self, text: str) -> None:
        """Prints a line."""
        sys.stdout.write(f"{self.prefix}{text}\n")
        sys.stdout.flush()

    def stop(self) -> None:
        """Ends what runs now, from another thread; what would follow it fails, but for the cleaning up."""
        self.deadline = time.monotonic()
        for child in list(self._running):
            end(child)

    @property
    def seconds_left(self) -> float:
        """Until the deadline."""
        return max(0.0, self.deadline - time.monotonic())

    def python(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Runs a module of the project. Raises TierError."""
        self.run(sys.executable, "-m", module, *arguments, environment=environment)

    def clean_up(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Runs a module of the project that takes away what the tier made: for it there is always time. Raises TierError."""
        self.deadline = max(self.deadline, time.monotonic() + CLEAN_UP_SECONDS)
        self.python(module, *arguments, environment=environment)

    def pytest(self, marks: str, *options: str, environment: Mapping[str, str] | None = None) -> None:
        """Runs the tests with these marks. Raises TierError, also where there is none."""
        self.python("pytest", "-m", marks, *options, environment=environment)

    def side_by_side(self, *parts: Callable[[], None]) -> None:
        """Parts of the work at once, each to its end. Raises TierError with what failed of them."""
        with ThreadPoolExecutor(len(parts)) as pool:
            begun = [pool.submit(part) for part in parts]
        failures = [failure for part in begun if (failure := part.exception())]
        if strange := next((one for one in failures if not isinstance(one, TierError)), None):
            raise strange
        if failures:
            raise TierError("; ".join(map(str, failures)))

    def run(self, *command: str, folder: Path = CHECKOUT, environment: Mapping[str, str] | None = None) -> None:
        """Runs a command to its end. Raises TierError if it fails, or when the tier's time is up."""
        if not self.seconds_left:
            raise TierError(LATE)
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._running.add(child)
        alarm = threading.Timer(self.seconds_left, end, (child,))
        alarm.start()
        try:
            assert child.stdout is not None
            self._show(child.stdout)
            code = child.wait()
        except BaseException:
            end(child)
            raise
        finally:
            self._running.discard(child)
            alarm.cancel()
        if code:
            raise TierError(f"{Path(command[0]).name} ended with {code}" if self.seconds_left else LATE)

    def _show(self, output: IO[str]) -> None:
        with self.log.open("a", buffering=1) as log:  # by lines, for who follows it
            for line in output:
                self.show(line.rstrip("\n"))
                log.write(line)
                if CLOSING.match(line):
                    self._count(line)
                if FAILED.match(line):
                    self.failed.append(line.rstrip("\n"))

    def _count(self, line: str) -> None:
        for number, word in COUNTED.findall(line):
            self.counts[word] = self.counts.get(word, 0) + int(number)


def end(child: subprocess.Popen[str]) -> None:
    """Ends a command and what it runs itself: asked first, so that it can clean up, then killed."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGINT)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
