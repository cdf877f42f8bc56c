"""Initramfs: the archive that Linux unpacks as its first file system (cpio, newc), the same bytes for the same entries."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cloud.build.oci import Entry

_LINK_MODE = stat.S_IFLNK | 0o777


def write(file: IO[bytes], entries: Iterable[Entry]) -> None:
    """Writes the archive of these entries (their sources are paths) and of the folders above them. All belong to root."""
    wanted = {entry.path: entry for entry in entries}
    for parent in {str(parent) for path in wanted for parent in Path(path).parents} - {"."}:
        wanted.setdefault(parent, Entry(parent))
    for number, path in enumerate(sorted(wanted), start=1):
        mode, content = _member(wanted[path])
        file.writelines(_record(number, path, mode, content))
    file.writelines(_record(0, "TRAILER!!!", 0, b""))


def _member(entry: Entry) -> tuple[int, bytes]:
    if entry.link:
        return _LINK_MODE, entry.link.encode()
    if isinstance(entry.source, Path):
        return stat.S_IFREG | entry.mode, entry.source.read_bytes()
    return stat.S_IFDIR | entry.mode, b""


def _record(number: int, path: str, mode: int, content: bytes) -> Iterator[bytes]:
    name = path.encode() + b"\0"
    # inode, mode, uid, gid, links, time, size, device and special device (major, minor), length of the name, checksum
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    yield from (header, _padding(len(header)), content, _padding(len(content)))


def _padding(length: int) -> bytes:
    return bytes(-length % 4)
