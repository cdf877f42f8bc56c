"""Guests of Debian's kernel and busybox, all in an initramfs: on a disk that the BIOS can boot, or as two files that QEMU boots itself."""

import itertools
import json
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cloud.build import initramfs, oci
from cloud.build.oci import Entry
from cloud.build.target import Built, Target, Workshop, hash_of

LABEL = "VIREO-GUEST"  # the guest finds its boot disk by it
CRC_LIMIT = 1 << 31  # KubeVirt puts a disk's CRC-32 into a field of the status that the API server takes for an int32
TAIL = 8  # bytes at the end of the disk, behind every file, that make its CRC-32 small enough
_HERE = Path(__file__).parent
_LOADER = "lib64/ld-linux-x86-64.so.2"
_LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
_AGENT = "usr/sbin/qemu-ga"


@dataclass(frozen=True)
class GuestDisk(Target):
    """A raw disk of `size` MiB, made of the packages of the layer `packages` and of the folder `guest`.

    guest/root holds the guest's own files, of which root/etc/modules/* name the drivers; guest/syslinux.cfg is what the
    loader reads.
    """

    name: str
    packages: str
    guest: Path
    size: int

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.packages,)

    @property
    def host_packages(self) -> tuple[str, ...]:
        return ("mtools", "syslinux", *oci.HOST_PACKAGES)

    def recipe(self) -> Mapping[str, str]:
        code = hash_of(_HERE / "guest.py", _HERE / "initramfs.py")
        return {
            "guest": hash_of(self.guest / "root", self.guest / "syslinux.cfg"),
            "size": str(self.size),
            "code": code,
        }

    def make(self, workshop: Workshop) -> None:
        parts = workshop.out / "parts"
        parts.mkdir()
        debian = _Debian.unpacked(workshop, workshop.inputs[self.packages])
        with (parts / "initrd").open("wb") as file:
            initramfs.write(file, debian.entries(self.guest / "root", [_AGENT]))
        shutil.copy(debian.kernel, parts / "vmlinuz")
        shutil.copy(self.guest / "syslinux.cfg", parts)
        self._write_disk(workshop, workshop.out / "disk.img", sorted(parts.iterdir()))
        for folder in (parts, debian.root):
            shutil.rmtree(folder)

    def _write_disk(self, workshop: Workshop, disk: Path, files: Iterable[Path]) -> None:
        """A FAT file system without a partition table, with these files and a loader for them."""
        environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1"}  # its date is in the directory's entries
        geometry = ("-t", str(self.size), "-h", "64", "-n", "32")  # such a track has 1 MiB
        workshop.run(["mformat", "-i", disk, "-C", *geometry, "-N", "1", "-v", LABEL, "::"], env=environment)
        workshop.run(["mcopy", "-i", disk, *files, "::"], env=environment)
        workshop.run(["syslinux", "--install", disk], env=environment)
        with disk.open("r+b") as file:
            keep_crc_small(file)


@dataclass(frozen=True)
class DisklessGuest(Target):
    """A guest as `vmlinuz` and `initrd`, made of the packages of the layer `packages` and of the folder `root`.

    root holds the guest's own files, of which etc/modules/* name the drivers. `programs` are paths of the packages' programs;
    `others` are programs that other targets made, by their path in the guest.
    """

    name: str
    packages: str
    root: Path
    programs: Sequence[str]
    others: Mapping[str, Built]

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.packages, *sorted({built.target for built in self.others.values()}))

    @property
    def host_packages(self) -> tuple[str, ...]:
        return oci.HOST_PACKAGES

    def recipe(self) -> Mapping[str, str]:
        return {
            "root": hash_of(self.root),
            "programs": json.dumps([*self.programs, *self.others.items()]),
            "code": hash_of(_HERE / "guest.py", _HERE / "initramfs.py"),
        }

    def make(self, workshop: Workshop) -> None:
        debian = _Debian.unpacked(workshop, workshop.inputs[self.packages])
        others = [Entry(path, workshop.path(built)) for path, built in self.others.items()]
        with (workshop.out / "initrd").open("wb") as file:
            initramfs.write(file, [*debian.entries(self.root, self.programs), *others])
        shutil.copy(debian.kernel, workshop.out / "vmlinuz")
        shutil.rmtree(debian.root)


def keep_crc_small(disk: IO[bytes]) -> None:
    """Changes the last bytes of a disk so that its CRC-32 is below CRC_LIMIT."""
    length = disk.seek(-TAIL, os.SEEK_END)
    disk.seek(0)
    crc = 0
    while rest := length - disk.tell():
        crc = zlib.crc32(disk.read(min(rest, 1 << 20)), crc)
    disk.write(tail(crc))


def tail(crc: int) -> bytes:
    """The first TAIL bytes, counted up from zero, that turn the CRC-32 of what is before them into one below CRC_LIMIT."""
    candidates = (number.to_bytes(TAIL, "big") for number in itertools.count())
    return next(candidate for candidate in candidates if zlib.crc32(candidate, crc) < CRC_LIMIT)


@dataclass(frozen=True)
class _Debian:
    """Debian packages, unpacked in a folder, and what of them the guest takes."""

    root: Path

    @classmethod
    def unpacked(cls, workshop: Workshop, layer: Path) -> "_Debian":
        root = workshop.out / "debian"
        root.mkdir()
        workshop.run(["tar", "--use-compress-program=zstd", "--no-same-owner", "-xf", layer / "blob", "-C", root])
        return cls(root)

    @property
    def kernel(self) -> Path:
        return next(self.root.glob("boot/vmlinuz-*"))

    def entries(self, own: Path, programs: Iterable[str]) -> Iterator[Entry]:
        """Busybox, programs, the drivers that the guest's own files name, and these files. What comes later takes precedence."""
        yield from self._busybox()
        for program in programs:
            yield from self._program(program)
        yield from self._modules(name for file in (own / "etc/modules").iterdir() for name in file.read_text().split())
        yield from oci.tree(own)

    def _busybox(self) -> Iterator[Entry]:
        """Busybox, and a link for each of its commands."""
        program = self.root / "bin/busybox"
        yield Entry("bin/busybox", program)
        for command in set(_output(program, "--list").split()) - {"busybox"}:
            yield Entry(f"bin/{command}", link="busybox")
        for command in ("init", "modprobe"):  # where Linux looks for them
            yield Entry(f"sbin/{command}", link="../bin/busybox")

    def _program(self, path: str) -> Iterator[Entry]:
        """A program, in /bin or /sbin, and the shared libraries that it is linked with."""
        program, loader = self.root / path, self.root / _LOADER
        yield Entry(path.removeprefix("usr/"), program)
        yield Entry(_LOADER, loader)
        folders = ":".join(str(self.root / folder) for folder in _LIBRARIES)
        for name, path in re.findall(r"(\S+) => (\S+)", _output(loader, "--list", "--library-path", folders, program)):
            if name != f"/{_LOADER}":
                yield Entry(f"{_LIBRARIES[0]}/{name}", Path(path))

    def _modules(self, wanted: Iterable[str]) -> Iterator[Entry]:
        """Drivers, all that they depend on, and modules.dep, where modprobe reads what that is."""
        folder = next(self.root.glob("lib/modules/*"))
        files = {path.stem.replace("-", "_"): path for path in folder.glob("kernel/**/*.ko")}
        needed = {name: list(_needed(name, files)) for name in wanted}
        lines = [" ".join([f"{name}.ko:", *(f"{other}.ko" for other in others)]) for name, others in needed.items()]
        (folder / "modules.dep").write_text("\n".join(lines) + "\n")
        place = folder.relative_to(self.root)
        yield Entry(f"{place}/modules.dep", folder / "modules.dep", mode=0o644)
        for name in {*needed, *itertools.chain(*needed.values())}:
            yield Entry(f"{place}/{name}.ko", files[name], mode=0o644)


def _needed(name: str, files: Mapping[str, Path]) -> Iterator[str]:
    """What a module needs, as the modules say themselves; each before what it needs itself, as modules.dep has it."""
    said = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
    for other in said[1].decode().replace("-", "_").split(",") if said and said[1] else ():
        yield other
        yield from _needed(other, files)


def _output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
