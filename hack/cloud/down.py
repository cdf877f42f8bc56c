"""Takes a cloud down, or what is left of one: processes, loop devices, mounts, links, control groups, and its folder."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from cloud import cgroups, claim, processes, storage
from cloud.nodes import host
from cloud.settings import Settings
from cloud.steps import Failure, Step, Steps


def down(settings: Settings) -> None:
    """Leaves nothing of the cloud. Does nothing, without complaint, where there is none. Raises Failure."""
    steps = Steps()
    with claim.exclusive(settings):
        if settings.index < 0 and not processes.everything(settings):
            steps.say(f"there is no cloud in {settings.dir}")
        with steps.step("down") as step:
            processes.end(processes.everything(settings), patience=0)
            if settings.index >= 0:
                _release_kernel_objects(settings, step)
                _remove_folder(settings)
    claim.remove_if_unused()


def _release_kernel_objects(settings: Settings, step: Step) -> None:
    """What processes leave behind: those that need root are there only if root made them."""
    network = settings.network
    if os.geteuid() == 0:
        _end_members(network.cgroup)
        storage.remove(settings)
        for mount in mounts_below(settings.dir):
            subprocess.run(["umount", "--lazy", mount], check=False)
        host.remove_network(network)
        cgroups.leave()
        step.wait("the control groups to empty", lambda: cgroups.remove(network.cgroup), seconds=20)


def _end_members(group: str) -> None:
    """Ends what escaped from its parents: the control group still holds it."""
    for pid in cgroups.members(group) - {os.getpid()}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def mounts_below(folder: Path) -> list[str]:
    """The mount points below the folder, the innermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def _remove_folder(settings: Settings) -> None:
    """Everything but the index first: what a killed `down` leaves is still known to be a cloud."""
    if left := mounts_below(settings.dir):
        raise Failure(f"still mounted: {left[0]}", advice="umount it; what uses it is named by `fuser -vm`")
    index = settings.dir / "index"
    contents = [str(path) for path in settings.dir.iterdir() if path != index]
    subprocess.run(["rm", "-rf", "--one-file-system", "--", *contents], check=True)
    index.unlink()
    claim.release(settings)
    with suppress(OSError):
        settings.dir.rmdir()
