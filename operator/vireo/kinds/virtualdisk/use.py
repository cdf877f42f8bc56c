"""What every user of disks asks of them: whether they may be attached, and if not, why."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from vireo.api.conditions import READY, Finding, condition
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed
from vireo.api.resources import VIRTUAL_DISK, Key
from vireo.kinds.platform.types import Datastore
from vireo.kinds.platform.use import datastore
from vireo.kinds.virtualdisk.types import VirtualDiskStatus

User = Observed[Any, Any]
"""An object of a kind in HOLDERS, whose `uses` has the disks that its spec names."""
Check = Callable[[User, str, VirtualDiskStatus], Finding | None]

SEEN_BY: Final = {
    "FileSystem": "which a container mounts",
    "MachineImage": "which a machine sees as a disk of its own",
}


def disk_key(user: User, disk: str) -> Key:
    return Key(VIRTUAL_DISK, user.key.namespace, disk)


def disk_status(user: User, disk: str) -> VirtualDiskStatus | None:
    """What the disk says of itself; None if it does not exist."""
    live = user.uses.get(disk_key(user, disk))
    status: VirtualDiskStatus | None = live.view.status if live else None
    return status


def datastore_of(user: User, disk: str) -> Datastore | None:
    """Where the disk lies; None as long as that is not known."""
    status = disk_status(user, disk)
    return datastore(user, status.datastore) if status else None


def claim_of(user: User, disk: str) -> str:
    """The claim of a disk that can be attached."""
    status = disk_status(user, disk)
    assert status is not None, "why_not says that the disk exists"
    assert status.claim is not None, "why_not says that the disk has a claim"
    return status.claim


def disks_by_claim(user: User, named: Iterable[str]) -> dict[str, str]:
    """The disks that the spec names, and those that the status says are attached, by their claims."""
    before = {one.claim: one.disk for one in user.status.disks}
    found = ((disk_status(user, disk), disk) for disk in named)
    return before | {status.claim: disk for status, disk in found if status and status.claim}


def disk_not_usable(user: User, named: Iterable[str], content: str) -> Finding | None:
    """The first disk, in the order of the spec, that can not be attached by a user who needs that content."""
    return next((finding for disk in named if (finding := _why_not(user, disk, content))), None)


def _why_not(user: User, disk: str, content: str) -> Finding | None:
    status = disk_status(user, disk)
    if status is None:
        return Finding(
            Reason.DISK_MISSING, f"{disk_key(user, disk)} does not exist. Make it, or name another one in the spec."
        )
    if mismatch := _content_mismatch(user, disk, content):
        return mismatch
    return next((finding for check in CHAIN if (finding := check(user, disk, status))), None)


def _content_mismatch(user: User, disk: str, content: str) -> Finding | None:
    live = user.uses[disk_key(user, disk)]
    if live is None or live.view.invalid or live.view.spec.content == content:
        return None
    has = live.view.spec.content
    return Finding(
        Reason.DISK_CONTENT_MISMATCH,
        f"{live.key} has spec.content {has}, {SEEN_BY[has]}, and {user.key} needs {content}. Name another disk there.",
    )


def disk_in_use(user: User, disk: str, status: VirtualDiskStatus) -> Finding | None:
    """Two users on one volume would destroy its data: only the holder attaches it."""
    holder = status.held_by
    if holder is None or (holder.kind, holder.uid) == (user.key.resource.kind, user.meta.uid):
        return None
    return Finding(
        Reason.DISK_IN_USE,
        f"{disk_key(user, disk)} is held by {holder.kind} {holder.name}. It comes here when that one neither names it nor has it "
        "attached; or name another disk.",
    )


def disk_ends(user: User, disk: str, status: VirtualDiskStatus) -> Finding | None:
    """Who holds it keeps it till then."""
    live = user.uses[disk_key(user, disk)]
    if status.held_by or live is None or live.meta.deletion_timestamp is None:
        return None
    return Finding(
        Reason.DISK_NOT_READY,
        f"{live.key} is being deleted: it is given to nobody any more, and goes when nothing names it. Name another disk.",
    )


def disk_not_ready(user: User, disk: str, status: VirtualDiskStatus) -> Finding | None:
    if status.claim and status.held_by and not status.held_by.released:
        return None
    ready = condition(status.conditions, READY)
    words = f": {ready.message}" if ready and not status.claim else "."
    return Finding(Reason.DISK_NOT_READY, f"{disk_key(user, disk)} can not be attached yet{words}")


def disk_set_back(user: User, disk: str, status: VirtualDiskStatus) -> Finding | None:
    """What was attached meanwhile would be the former data, and what is written to it lost from sight."""
    if status.operation is None:
        return None
    name = status.operation.name
    return Finding(
        Reason.DISK_IN_USE,
        f"{disk_key(user, disk)} is being set back to a snapshot by Operation {name}, and can be attached when that has ended. To call it "
        f'back: kubectl patch operation.vireo.dev {name} --type=merge -p \'{{"spec": {{"cancel": true}}}}\'',
    )


CHAIN: Final[tuple[Check, ...]] = (disk_in_use, disk_ends, disk_set_back, disk_not_ready)
