"""The folder of volumes on the host, with real XFS and real loop devices."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.settings import Settings
from cloud.steps import Steps
from cloud.storage import loops, pool

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mkfs.xfs"), reason="needs root and mkfs.xfs")

SET_STATUS64 = 0x4C04  # linux/loop.h


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(tmp_path)
    pool.prepare(settings, Steps())
    yield settings
    pool.remove(settings)


def test_it_is_there_once_however_often_it_is_asked_for(settings: Settings) -> None:
    (settings.shared / "kept").touch()
    pool.prepare(settings, Steps())
    assert (settings.shared / "kept").exists()
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    assert mounts.count(str(settings.shared)) == 1


def test_after_the_machine_lost_its_power_the_volumes_are_there_again(settings: Settings) -> None:
    (settings.shared / "kept").touch()
    subprocess.run(["umount", settings.shared], check=True)
    pool.prepare(settings, Steps())
    assert (settings.shared / "kept").exists()


def test_it_shares_blocks_of_copies(settings: Settings) -> None:
    (settings.shared / "a").write_bytes(os.urandom(1 << 20))
    subprocess.run(["cp", "--reflink=always", settings.shared / "a", settings.shared / "b"], check=True)


def test_what_a_dead_node_left_is_detached_with_what_is_stacked_on_it_and_nothing_else(settings: Settings) -> None:
    dead, alive = (attach_volume(settings, node) for node in ("node-1", "node-2"))
    lock_of_kubelet = attach(dead)
    pool.release(settings, "node-1")
    attached = {loop.path for loop in loops.attached()}
    assert not attached & {dead, lock_of_kubelet}
    assert alive in attached


def test_removed_it_leaves_no_device(settings: Settings) -> None:
    devices = {attach_volume(settings, "node-1")}
    devices |= {attach(*devices)}
    pool.remove(settings)
    assert not {loop.path for loop in loops.attached()} & devices
    assert not settings.shared.is_mount()


def attach_volume(settings: Settings, node: str) -> Path:
    """A volume's device as the driver on that node attaches it: the node's mark is on it."""
    volume = settings.shared / f"volume-of-{node}"
    volume.write_bytes(bytes(1 << 20))
    path = attach(volume)
    mark = f"{hashlib.sha256(node.encode()).hexdigest()[:16]}/pvc-1"
    with path.open("rb") as device:
        status = list(loops.STATUS.unpack(fcntl.ioctl(device, loops.GET_STATUS64, bytes(loops.STATUS.size))))
        status[9] = mark.encode()
        fcntl.ioctl(device, SET_STATUS64, loops.STATUS.pack(*status))
    return path


def attach(file: Path) -> Path:
    done = subprocess.run(["losetup", "--find", "--show", file], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())
