"""Debian: the packages that the host needs, and file systems made from packages."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cloud.build import oci
from cloud.build.target import Target, Workshop, hash_of
from cloud.steps import Failure, NotYet, Step, Steps

# What real nodes need of the host beside what is built here.
NODE_PACKAGES = ("runc", "iproute2", "iptables", "nftables", "conntrack", "socat", "ethtool", "util-linux")

_apt = threading.Lock()  # one at a time: the next finds more of it installed
_APT = ["apt-get", "-qq"]
BUSY, PATIENCE_SECONDS = "Could not get lock", 300
"""What apt-get says while another process has it. It would wait for the lock of the packages itself, but not for that of their lists."""


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
        with steps.step(f"install {' '.join(missing)}") as step:
            _apt_get(step, "update")
            _apt_get(step, "install", "--yes", "--no-install-recommends", *missing)


def absent(packages: Collection[str]) -> list[str]:
    """Those of the packages that are not installed; where there is no dpkg, all of them."""
    if not packages or shutil.which("dpkg-query") is None:
        return sorted(packages)
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages]
    shown = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    return sorted(set(packages) - {line.split()[0] for line in shown if line.endswith(" installed")})


def _apt_get(step: Step, *arguments: str) -> None:
    """Waits for whoever has it: another cloud that comes up, or Debian's own upgrades."""
    step.wait("apt-get", partial(_try_apt_get, *arguments), PATIENCE_SECONDS)


def _try_apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([*_APT, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode and BUSY in done.stderr:
        raise NotYet(done.stderr.splitlines()[0])
    if done.returncode:
        raise Failure(
            f"apt-get {' '.join(arguments)}: {done.stderr.strip()}", advice="see if the Debian mirror can be reached"
        )


@dataclass(frozen=True)
class DebianLayer(Target):
    """The files of Debian packages and of all that they depend on, as an image's layer.

    They are unpacked and not configured, which is enough to run programs and takes seconds: what a package would have set
    up (users, alternatives) is the business of the image on top. `dropped` are shell patterns of paths to leave out.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    dropped: tuple[str, ...] = ()

    @property
    def host_packages(self) -> tuple[str, ...]:
        return ("mmdebstrap", "util-linux", *oci.HOST_PACKAGES)

    def recipe(self) -> Mapping[str, str]:
        return {"command": json.dumps(self._command(Path("out"), "mirror")), "code": hash_of(Path(oci.__file__))}

    def make(self, workshop: Workshop) -> None:
        tar = workshop.out / "tree.tar"
        # Its temporary folder inside ours, so that what a kill leaves is found; the epoch makes the tar reproducible.
        environment = {**os.environ, "TMPDIR": str(workshop.out), "SOURCE_DATE_EPOCH": "1"}
        workshop.run(self._command(tar, mirror()), env=environment)
        oci.pack_layer(workshop.out, tar)
        tar.unlink()

    def _command(self, tar: Path, archive: str) -> list[str]:
        drop = " ".join(f'"$1"/{pattern}' for pattern in self.dropped)
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("mmdebstrap", "--mode=root", "--variant=extract", "--skip=output/dev"),
            *(f"--include={','.join(self.packages)}", f"--extract-hook=rm -rf {drop}", self.suite, str(tar), archive),
        ]


def mirror() -> str:
    """The Debian archive that this host uses. Raises Failure where there is none."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    if not found:
        raise Failure("apt-get knows no Debian archive", advice="add one to /etc/apt/sources.list, then apt-get update")
    return next((uri for uri in found if "security" not in uri), found[0])
