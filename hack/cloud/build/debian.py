"""Debian: the packages that the host needs, and file systems made from packages."""

import os
import shutil
import subprocess
import threading
from collections.abc import Collection

from cloud.steps import Failure, Steps

# What real nodes need of the host beside what is built here.
NODE_PACKAGES = ("runc", "iproute2", "iptables", "nftables", "conntrack", "socat", "ethtool", "util-linux")

_apt = threading.Lock()  # one apt-get at a time; other processes are waited for by apt-get itself
_APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]


def require(packages: Collection[str], steps: Steps) -> None:
    """Installs those of the packages that the host lacks. Raises Failure that names them where it can not."""
    with _apt:
        if not (missing := absent(packages)):
            return
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise Failure(
                f"the host lacks {', '.join(missing)}",
                advice="install them (these are the names in Debian), or run as root on Debian",
            )
        with steps.step(f"install {' '.join(missing)}"):
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", *missing)


def absent(packages: Collection[str]) -> list[str]:
    """Those of the packages that are not installed; where there is no dpkg, all of them."""
    if not packages or shutil.which("dpkg-query") is None:
        return sorted(packages)
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages]
    shown = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    return sorted(set(packages) - {line.split()[0] for line in shown if line.endswith(" installed")})


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([*_APT, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(
            f"apt-get {' '.join(arguments)}: {done.stderr.strip()}", advice="see if the Debian mirror can be reached"
        )
