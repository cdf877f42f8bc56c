"""Control groups of a cloud: one below each hierarchy's root holds every process, so that nothing can get lost.

Works with version 1 (a hierarchy a controller) and 2 (one for all). Without root there are none, and all is skipped.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

from cloud.settings import Settings
from cloud.steps import NotYet

ROOT = Path("/sys/fs/cgroup")
CLONE_NEWCGROUP = 0x02000000
INHERITED = ("cpuset.cpus", "cpuset.mems")  # version 1 leaves these empty in a new group, which then can hold nothing


def hierarchies(root: Path = ROOT) -> list[Path]:
    """The mounted hierarchies: the root itself (version 2), or one folder a controller (version 1)."""
    if (root / "cgroup.controllers").exists():
        return [root]
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink() and path.name != "unified")


def make(name: str) -> None:
    """Makes the group (`a/b` is b in a) in each hierarchy."""
    for hierarchy in hierarchies():
        group = hierarchy
        for part in name.split("/"):
            _delegate(group)
            group = group / part
            group.mkdir(exist_ok=True)
            for file in INHERITED:
                if (group / file).exists() and hierarchy != ROOT:
                    (group / file).write_text((group.parent / file).read_text())


def enter(name: str) -> None:
    """Moves this process into the group: its children follow."""
    for hierarchy in hierarchies():
        (hierarchy / name / "cgroup.procs").write_text(str(os.getpid()))


def enter_as_root(name: str) -> None:
    """Moves this process into the group, which is then the root of all that it sees of groups, and its children: a namespace of its own."""
    enter(name)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWCGROUP):  # os.unshare is of Python 3.12
        raise OSError(ctypes.get_errno(), "a namespace of control groups")


def leave() -> None:
    """Moves this process back to the root."""
    for hierarchy in hierarchies():
        (hierarchy / "cgroup.procs").write_text(str(os.getpid()))


def members(name: str) -> set[int]:
    """The processes in the group and below it, in any hierarchy."""
    found: set[int] = set()
    for hierarchy in hierarchies():
        for file in (hierarchy / name).rglob("cgroup.procs"):
            with suppress(OSError):
                found.update(int(line) for line in file.read_text().split())
    return found


def remove(name: str) -> None:
    """Removes the group and those below it. Raises NotYet while processes are still leaving it."""
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / name, topdown=False):
            try:
                Path(folder).rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise NotYet(f"control group {folder} is still in use") from error


def memory_in_use(name: str) -> int | None:
    """Bytes that the group's processes hold, page cache left out; None where it is not measured."""
    for group in (ROOT / "memory" / name, ROOT / name):
        with suppress(OSError):
            figures = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
            if "total_rss" in figures:
                return int(figures["total_rss"]) + int(figures.get("total_shmem", 0))
            return int(figures["anon"]) + int(figures["shmem"])
    return None


def available(settings: Settings) -> bool:
    """True if this process may make control groups for the cloud."""
    return settings.real_nodes > 0 and os.geteuid() == 0 and ROOT.is_dir()


def _delegate(group: Path) -> None:
    """Version 2: the controllers that are there shall count below the group too."""
    controllers = group / "cgroup.controllers"
    if controllers.exists():
        wanted = " ".join(f"+{controller}" for controller in controllers.read_text().split())
        with suppress(OSError):
            (group / "cgroup.subtree_control").write_text(wanted)
