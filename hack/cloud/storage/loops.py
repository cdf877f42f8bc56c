"""The kernel's loop devices: which file each is attached to, and by whom."""

import fcntl
import os
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GET_STATUS64, CLR_FD = 0x4C05, 0x4C01  # linux/loop.h
STATUS = struct.Struct("=5Q4I64s64s32s2Q")


@dataclass(frozen=True)
class Loop:
    """An attached loop device.

    number: its own device number. file: the device number of the file system, and the inode, of the file behind it.
    behind: the device number of a block device behind it, 0 if it is a plain file. mark: what the one who attached it
    wrote on it (the storage driver: 16 hexadecimal digits of a hash of the node's name, a slash, the volume's name).
    """

    path: Path
    number: int
    file: tuple[int, int]
    behind: int
    mark: str


def attached() -> list[Loop]:
    """All attached loop devices."""
    return [loop for folder in Path("/sys/block").glob("loop*/loop") if (loop := _look(folder.parent))]


def with_stacked(bottom: Callable[[Loop], bool], loops: Iterable[Loop]) -> list[Loop]:
    """The devices that `bottom` chooses and those attached to them, the uppermost first."""
    rest, found = list(loops), list[Loop]()
    layer = [loop for loop in rest if bottom(loop)]
    while layer:
        found = layer + found
        rest = [loop for loop in rest if loop not in layer]
        numbers = {loop.number for loop in layer}
        layer = [loop for loop in rest if loop.behind in numbers]
    return found


def detach(loop: Loop) -> None:
    """Detaches the device: at once, or when its last user closes it."""
    with suppress(OSError), loop.path.open("rb") as device:  # somebody else was faster
        fcntl.ioctl(device, CLR_FD)


def _look(folder: Path) -> Loop | None:
    """What is attached to the device of that folder of /sys/block; None if it was detached meanwhile."""
    path = Path("/dev") / folder.name
    try:
        with path.open("rb") as device:
            status = STATUS.unpack(fcntl.ioctl(device, GET_STATUS64, bytes(STATUS.size)))
            number = os.fstat(device.fileno()).st_rdev
    except OSError:
        return None
    return Loop(path, number, (status[0], status[1]), status[2], status[9].partition(b"\0")[0].decode(errors="replace"))
