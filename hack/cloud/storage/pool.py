"""The folder of volumes on the host: an XFS file system in an image file, mounted where the nodes look for it."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

from cloud.settings import Settings
from cloud.steps import Failure, Steps
from cloud.storage import loops
from cloud.storage.loops import Loop

ADVICE = "real nodes need Debian's xfsprogs and XFS in the kernel; VIREO_REAL_NODES=0 does without them"
IMAGE_BYTES = 160 << 30  # sparse; more than all datastores promise, so that what is promised can be written


def prepare(settings: Settings, steps: Steps) -> None:
    """Makes and mounts the folder of volumes, unless it is there. The nodes must not run yet.

    Raises Failure where mkfs.xfs (Debian's xfsprogs) or XFS in the kernel is missing.
    """
    if settings.shared.is_mount():
        return
    with steps.step("folder of volumes"):
        settings.shared.mkdir(parents=True, exist_ok=True)
        image = settings.dir / "volumes.xfs"
        if not image.exists():
            _make(image)
        # `mount` attaches the image once only, even if a killed node still has it: twice would be two file systems.
        _run("mount", "-t", "xfs", "-o", "loop,discard", str(image), str(settings.shared))


def release(settings: Settings, node: str) -> None:
    """Detaches the loop devices that a real node which was killed left in the kernel."""
    if settings.shared.is_mount():
        prefix = hashlib.sha256(node.encode()).hexdigest()[:16] + "/"
        volumes = settings.shared.stat().st_dev
        _detach(lambda loop: loop.file[0] == volumes and loop.mark.startswith(prefix))


def remove(settings: Settings) -> None:
    """Detaches all that is attached of the volumes and unmounts their folder. All real nodes must be gone."""
    if settings.shared.is_mount():
        volumes = settings.shared.stat().st_dev
        _detach(lambda loop: loop.file[0] == volumes)
        # What is still open of it goes with who has it open; the folder can go at once.
        _run("umount", "--lazy", str(settings.shared))


def _detach(ours: Callable[[Loop], bool]) -> None:
    for loop in loops.with_stacked(ours, loops.attached()):
        loops.detach(loop)


def _make(image: Path) -> None:
    """Makes the image under another name first, so that a killed `up` leaves no half of one."""
    unfinished = image.with_suffix(".new")
    with unfinished.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    _run("mkfs.xfs", "-q", "-f", str(unfinished))
    unfinished.rename(image)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Failure(f"there is no {command[0]}", advice=ADVICE) from None
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}", advice=ADVICE)
