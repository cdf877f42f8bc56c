"""Processes: start, find and end what runs in a cloud.

There are no pid files that could be stale: every process carries `VIREO_CLOUD_PROCESS=DIR|NAME|FINGERPRINT` in its
environment, and /proc is asked. The fingerprint is made of the command and of the configuration files, so `start` keeps
a process that runs as wanted, and replaces one that was started with another command or configuration.
"""

import hashlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cloud.settings import CHECKOUT, Settings
from cloud.steps import Failure, tail

MARK = "VIREO_CLOUD_PROCESS"
SPARING = {"GOGC": "300"}
"""What Go's programs make of memory: garbage is collected when a heap has grown to four times what is in use, not to twice. Here memory is
less scarce than processor time."""


@dataclass(frozen=True)
class Process:
    """What is to run: `files` are the configuration that it reads when it starts."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    def fingerprint(self) -> str:
        """The same as long as command, environment and configuration are."""
        seen = hashlib.sha256(repr((self.command, sorted(self.environment.items()))).encode())
        for file in self.files:
            seen.update(file.read_bytes())
        return seen.hexdigest()[:16]


def of_vireo(name: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> Process:
    """Vireo's own program as it is in the checkout."""
    source = CHECKOUT / "operator"
    seen = {"PYTHONPATH": str(source), "PYTHONUNBUFFERED": "1", **environment}
    command = (sys.executable, "-m", "vireo.process.main", *arguments)
    return Process(name, command, seen, tuple(sorted((source / "vireo").rglob("*.py"))))


@dataclass(frozen=True, order=True)
class Running:
    """A process of a cloud: `started` in clock ticks since the machine's boot, so (started, pid) is never used twice."""

    started: int
    pid: int
    name: str
    fingerprint: str


def log_file(settings: Settings, name: str) -> Path:
    """The log of the process `name`."""
    return settings.log / f"{name}.log"


def start(settings: Settings, process: Process) -> Running:
    """Makes the process run as described, and leaves it alone if it does. Its output goes to its log."""
    fingerprint = process.fingerprint()
    now = find(settings, process.name)
    if now and now.fingerprint == fingerprint:
        return now
    if now:
        end(everything(settings, process.name), patience=8)
    log = log_file(settings, process.name)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    mark = f"{settings.dir}|{process.name}|{fingerprint}"
    with log.open("wb") as out:
        child = subprocess.Popen(
            process.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**SPARING, **os.environ, **process.environment, MARK: mark},
            cwd="/",
            start_new_session=True,
        )
    running = Running(_started(child.pid), child.pid, process.name, fingerprint)
    while child.poll() is None and not _shows(child.pid, mark):  # the kernel shows the environment a moment after exec
        time.sleep(0.001)
    return running


def still_running(settings: Settings, name: str) -> None:
    """Raises Failure if the process is gone: who waits for what it does would wait in vain."""
    if find(settings, name) is None:
        raise Failure(f"{name} ended", log_file(settings, name), "its last words above say why; then `make up` again")


def find(settings: Settings, name: str) -> Running | None:
    """The running process `name`: the oldest that carries the name, since children inherit it."""
    return min(everything(settings, name), default=None)


def everything(settings: Settings, name: str | None = None) -> list[Running]:
    """All running processes of the cloud, or those that carry `name`."""
    return [running for running in _marked(f"{settings.dir}|") if name in (None, running.name)]


def end(processes: Iterable[Running], patience: float) -> None:
    """Asks all of them to end, kills after `patience` seconds who did not, and returns when none is left.

    Raises Failure for one that outlives its kill by 10 s (it hangs in the kernel).
    """
    handles = [(process, handle) for process in processes if (handle := _open(process)) is not None]
    try:
        for wanted, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
            handles_left = [(process, handle) for process, handle in handles if not _ended(handle, 0)]
            for _, handle in handles_left:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, wanted)
            deadline = time.monotonic() + seconds
            if all(_ended(handle, deadline - time.monotonic()) for _, handle in handles_left):
                return
        names = sorted(process.name for process, handle in handles if not _ended(handle, 0))
        raise Failure(
            f"not even a kill ends {', '.join(names)}", advice="look at /proc/PID/stack of it; then try again"
        )
    finally:
        for _, handle in handles:
            os.close(handle)


def last_words(settings: Settings, name: str) -> str:
    """The last line of a process' log, for a reason that is said while waiting."""
    log = log_file(settings, name)
    return (tail(log, 1) or [""])[0] if log.exists() else ""


def _marked(prefix: str) -> Iterator[Running]:
    wanted = f"{MARK}={prefix}".encode()
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            variables = Path(entry.path, "environ").read_bytes().split(b"\0")
            mark = next((variable for variable in variables if variable.startswith(wanted)), None)
            if mark is None or _is_zombie(int(entry.name)):
                continue
            _, name, fingerprint = mark.decode().rsplit("|", 2)
            yield Running(_started(int(entry.name)), int(entry.name), name, fingerprint)


def _shows(pid: int, mark: str) -> bool:
    return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _started(pid: int) -> int:
    return int(_stat(pid)[19])


def _is_zombie(pid: int) -> bool:
    return _stat(pid)[0] in "ZX"


def _open(process: Running) -> int | None:
    """A handle that can not come to mean another process; None if this one is gone."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    with suppress(OSError):
        if _started(process.pid) == process.started:
            return handle
    os.close(handle)
    return None


def _ended(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], max(0.0, seconds))[0])
