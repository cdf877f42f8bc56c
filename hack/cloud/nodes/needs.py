"""What real nodes need of the machine, and what of it is missing here."""

import os
import shutil
import subprocess
from pathlib import Path

COMMANDS = {
    "runc": "runc", "unshare": "util-linux", "nsenter": "util-linux", "mount": "mount", "losetup": "mount",
    "ip": "iproute2", "nft": "nftables", "iptables": "iptables", "conntrack": "conntrack", "mke2fs": "e2fsprogs",
    "mkfs.xfs": "xfsprogs",
}  # fmt: skip
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # not on every user's PATH


def missing() -> list[str]:
    """What real nodes would need and this machine lacks, as sentences; nothing if they can run."""
    if os.uname().sysname != "Linux":
        return [f"Linux (this is {os.uname().sysname})"]
    if os.geteuid() != 0:
        return ["root (namespaces, mounts and control groups)"]
    lacking = [f"the command {command} (Debian's package {COMMANDS[command]})" for command in absent_commands()]
    lacking += [f"{name} in the kernel" for name in ("overlay", "xfs") if not _can_mount(name)]
    if not os.access("/sys/fs/cgroup", os.W_OK) or not _can("mkdir", "-p", "/sys/fs/cgroup"):
        lacking.append("control groups that can be written (/sys/fs/cgroup)")
    if "the command unshare" not in " ".join(lacking) and not _can(
        "unshare", "-m", "-n", "-p", "-u", "-i", "-C", "-f", "true"
    ):
        lacking.append("the right to make namespaces (unshare)")
    return lacking


def packages() -> list[str]:
    """Debian's packages that hold the commands that are absent."""
    return sorted({COMMANDS[command] for command in absent_commands()})


def absent_commands() -> list[str]:
    """The commands that are not installed."""
    path = f"{os.environ.get('PATH', '')}:{SBIN}"
    return [command for command in COMMANDS if shutil.which(command, path=path) is None]


def _can_mount(file_system: str) -> bool:
    """Whether the kernel has the file system, or loads it when it is asked to."""
    known = f"\t{file_system}\n" in Path("/proc/filesystems").read_text()
    return known or (shutil.which("modprobe", path=SBIN) is not None and _can("modprobe", file_system))


def _can(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
