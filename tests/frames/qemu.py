"""A guest that QEMU boots here, by software emulation and without a disk: its serial console is a root shell."""

import os
import select
import subprocess
from pathlib import Path

from cloud.console import Closed

PACKAGE = "qemu-system-x86"
LINUX = "console=ttyS0 quiet loglevel=3 panic=1 cryptomgr.notests"
MEMORY_MIB = 256


class Qemu:
    """The wire to the guest of this kernel and initrd, which is booted by it and ends with it, or with this process."""

    def __init__(self, folder: Path, arguments: str = "") -> None:
        command: list[str | Path] = [
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-accel", "tcg", "-m", str(MEMORY_MIB)),
            *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"),
            *("-kernel", folder / "vmlinuz", "-initrd", folder / "initrd", "-append", f"{LINUX} {arguments}"),
        ]
        self._qemu = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self._qemu.stdin
        assert self._qemu.stdout
        self._in, self._out = self._qemu.stdin.fileno(), self._qemu.stdout.fileno()

    def receive(self, seconds: float) -> bytes:
        if not select.select([self._out], [], [], seconds)[0]:
            return b""
        if not (heard := os.read(self._out, 65536)):
            raise Closed(f"QEMU ended with {self._qemu.wait()}")
        return heard

    def send(self, data: bytes) -> None:
        try:
            os.write(self._in, data)
        except BrokenPipeError as ended:
            raise Closed("QEMU ended") from ended

    def close(self) -> None:
        with self._qemu:
            self._qemu.kill()
