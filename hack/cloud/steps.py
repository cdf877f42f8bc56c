"""Steps: what `up` does, said while it happens, with the time and the peak memory of each.

    steps = Steps()
    with steps.step("control plane") as step:
        step.wait("etcd answers", etcd_answers, seconds=20, log=log, advice="...")

A check returns a value when what it looks at is true, and raises `NotYet(reason)` until then. The reason is said aloud
each time it changes. When the deadline passes, `wait` raises a `Failure` that names the last reason.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5  # seconds between two looks at what a step waits for
TAIL_LINES = 15


class NotYet(Exception):  # noqa: N818 - not an error: the world is on its way
    """What is waited for is not there yet; the text says what is missing, the same words while it is the same thing."""


class Abandoned(Exception):  # noqa: N818 - raised to end the steps beside one that failed
    """Another step failed, so this one stopped waiting."""


class Failure(Exception):  # noqa: N818 - the word that the reader sees
    """A step failed: `what` went wrong, the `log` of the process that knows more, and `advice`: what to do about it."""

    def __init__(self, what: str, log: Path | None = None, advice: str = "") -> None:
        super().__init__(what)
        self.what, self.log, self.advice = what, log, advice

    def report(self) -> str:
        """The failure as a reader of the terminal needs it: what, the end of the log, what to do."""
        parts = [f"FAILED: {self.what}"]
        if self.log is not None and self.log.is_file():
            parts += [f"--- the end of {self.log}", *tail(self.log), "---"]
        if self.advice:
            parts.append(f"What to do: {self.advice}")
        return "\n".join(parts)


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log, cut to a readable length, from its last 64 KiB only."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65536))
        return [line[:400] for line in file.read().decode(errors="replace").splitlines()[-lines:]]


@dataclass(frozen=True)
class Record:
    """One finished step: when it began and how long it took in seconds, the peak memory of the whole cloud in bytes."""

    name: str
    started: float
    seconds: float
    peak_bytes: int | None


@dataclass
class Steps:
    """Prints and records steps. Safe to use from several threads.

    `memory` answers how many bytes the cloud uses now; None where that can not be measured.
    """

    out: TextIO | None = None
    memory: Callable[[], int | None] = lambda: None
    records: list[Record] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: threading.Event = field(default_factory=threading.Event)

    def say(self, text: str) -> None:
        """Prints one line with the time since the beginning."""
        with self._lock:
            print(f"{self.elapsed():7.1f} s  {text}", file=self.out, flush=True)

    def elapsed(self) -> float:
        """Seconds since these steps began."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str) -> Iterator["Step"]:
        """Runs the body as the step `name`, and records and prints its time when it ends well."""
        started = self.elapsed()
        with _PeakOf(self.memory) as peak:
            yield Step(self, name, self._failed)
        record = Record(name, round(started, 2), round(self.elapsed() - started, 2), peak.bytes)
        with self._lock:
            self.records.append(record)
        at_most = f", at most {record.peak_bytes / 2**30:.1f} GiB in use" if record.peak_bytes else ""
        self.say(f"{name}: done in {record.seconds:.1f} s{at_most}")

    def together(self, work: Mapping[str, Callable[[], object]]) -> None:
        """Runs each function in a thread of its own. After the first failure the others stop at their next wait."""
        with ThreadPoolExecutor(max_workers=max(1, len(work)), thread_name_prefix="step") as pool:
            running = [pool.submit(function) for function in work.values()]
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
            if any(future.exception() for future in done):
                self._failed.set()
        errors = [error for future in running if (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, Abandoned)):
            raise error


@dataclass(frozen=True)
class Step:
    """One running step."""

    steps: Steps
    name: str
    _failed: threading.Event

    def say(self, text: str) -> None:
        """Prints a line that belongs to this step."""
        self.steps.say(f"{self.name}: {text}")

    def wait(self, what: str, check: Callable[[], T], seconds: float, log: Path | None = None, advice: str = "") -> T:
        """Looks at `check` until it raises NotYet no more, and returns its answer.

        Raises Failure after `seconds`, with the last reason; Abandoned when a step beside this one failed.
        """
        deadline, pause, said = time.monotonic() + seconds, FIRST_PAUSE, ""
        while True:
            try:
                return check()
            except NotYet as missing:
                reason = str(missing) or what
            if reason != said and pause > FIRST_PAUSE:
                said = reason
                self.say(f"waiting for {what}" + (f" ({reason})" if reason != what else ""))
            if time.monotonic() >= deadline:
                raise Failure(f"{self.name}: waited {seconds:.0f} s for {what}: {reason}", log, advice)
            if self._failed.wait(pause):
                raise Abandoned(self.name)
            pause = min(LONGEST_PAUSE, pause * 1.5)


class _PeakOf:
    """Looks at a figure twice a second in a thread while its body runs; `bytes` is the largest value seen."""

    def __init__(self, figure: Callable[[], int | None]) -> None:
        self.bytes = figure()
        self._figure, self._over = figure, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _look(self) -> None:
        now = self._figure()
        if now is not None:
            self.bytes = max(self.bytes or 0, now)

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self._look()

    def __enter__(self) -> "_PeakOf":
        if self.bytes is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.bytes is not None:
            self._thread.join()
            self._look()
