"""What a process used of the machine, as the kernel counts it."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cloud import cgroups, processes
from cloud.settings import Settings
from cloud.steps import Failure
from cloud.vireo import OPERATOR

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = (0.15, 6.0)
"""An operator that takes at most so many seconds of a processor in so many seconds has nothing to do; timers run for 5 s."""

PROGRAM = b"/usr/local/bin/vireo"
"""Vireo in its image."""


def until_quiet(pid: int) -> None:
    """Until an operator has nothing to do."""
    most, seconds = QUIET
    before = -most
    while (now := cpu_seconds(pid)) - before > most or before < 0:
        before = now
        time.sleep(seconds)


def of_vireo(settings: Settings) -> frozenset[int]:
    """All that runs of Vireo in the cloud: on the host, or in pods, and then also those who stand by and those who admit. Raises Failure
    where nothing does."""
    if settings.run == "process":
        found = {one.pid for one in processes.everything(settings, OPERATOR)}
    else:
        found = {pid for pid in cgroups.members(settings.network.cgroup) if PROGRAM in command(pid)}
    if not found:
        raise Failure("Vireo does not run", advice="make up")
    return frozenset(found)


def cpu_seconds_of(pids: Iterable[int]) -> float:
    """Of all of them."""
    return sum(cpu_seconds(pid) for pid in pids)


def cpu_seconds(pid: int) -> float:
    """Seconds of a processor, the process' own and those that the kernel spent for it, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """MiB of memory in use now."""
    return _mebibytes(pid, "VmRSS")


def peak(pid: int) -> float:
    """MiB of memory in use at most, since the process began."""
    return _mebibytes(pid, "VmHWM")


def _mebibytes(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def command(pid: int) -> list[bytes]:
    """The words of what a process runs. Nothing for one that has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return []
