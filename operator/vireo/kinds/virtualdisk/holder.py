"""Who may attach the disk now: two machines on one volume would destroy its data, so at most one holds it, decided here alone.

The holder keeps the disk until it says that it has let go: it neither names the disk nor has it attached, and says so of its newest
spec. Then the disk goes to one that has it attached already (whatever made that so), else to the one that exists longest.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from vireo.api.objects import Live
from vireo.api.resources import CONTAINER_WORKLOAD, VIRTUAL_MACHINE, Key, Resource
from vireo.kinds.virtualdisk.series import Disk
from vireo.kinds.virtualdisk.types import Holder, VirtualDiskStatus

HOLDERS: Final[dict[str, Resource]] = {
    VIRTUAL_MACHINE.kind: VIRTUAL_MACHINE,
    CONTAINER_WORKLOAD.kind: CONTAINER_WORKLOAD,
}
"""The kinds that attach disks."""


class AttachedDisk(Protocol):
    """An entry of a user's status.disks."""

    disk: str


class UserStatus(Protocol):
    """What the status of a kind in HOLDERS says, by its own last reconcile."""

    observed_generation: int
    stopped: bool | None
    disks: Sequence[AttachedDisk]


def holder(disk: Disk) -> Holder | None:
    """The one that may attach the disk now. A disk that is being deleted gets no new one.

    One that lives loses it in two writes. First it is told; who read before that it may attach the disk shows by the second look
    that it named it again, since what it says of its newest spec comes last.
    """
    held = disk.status.held_by
    if held and not _let_go(disk, held):
        return held.model_copy(update={"released": None})
    if held and not held.released and _lives(disk, held):
        return held.model_copy(update={"released": True})
    return None if disk.deleting else _next(disk)


def holder_key(namespace: str, status: VirtualDiskStatus) -> Key | None:
    """The object that held the disk last; None where none did, or its kind is another version's."""
    held = status.held_by
    resource = HOLDERS.get(held.kind) if held else None
    return Key(resource, namespace, held.name) if held and resource else None


def attaches(disk: Disk) -> tuple[Live[Any], ...]:
    """The holder, and what has the disk attached whatever made that so."""
    held = holder(disk)
    users = (user for user in disk.users if user.resource in HOLDERS.values())
    return tuple(user for user in users if _has_attached(user, disk) or (held and held.uid == user.meta.uid))


def is_stopped(user: Live[Any]) -> bool:
    """Whether it says, of its newest spec, that nothing of it runs or will."""
    return not user.view.invalid and not _is_yet_to_say(user) and bool(user.view.status.stopped)


def _let_go(disk: Disk, held: Holder) -> bool:
    if held.kind not in HOLDERS:
        return False  # of a kind that this version does not know: believed
    live = _lives(disk, held)
    return live is None or not (
        live.view.invalid or live.key in {user.key for user in disk.users} or _is_yet_to_say(live)
    )


def _lives(disk: Disk, held: Holder) -> Live[Any] | None:
    """The holder itself, unless it is gone, or is another object of its name by now."""
    key = holder_key(disk.key.namespace, disk.status)
    live = disk.uses.get(key) if key else None
    return live if live and live.meta.uid == held.uid else None


def _is_yet_to_say(live: Live[Any]) -> bool:
    status: UserStatus = live.view.status
    return status.observed_generation < live.meta.generation


def _next(disk: Disk) -> Holder | None:
    users = [user for user in disk.users if user.resource in HOLDERS.values()]
    candidates = [user for user in users if _has_attached(user, disk) or not user.meta.deletion_timestamp]
    first = min(candidates, key=lambda user: (not _has_attached(user, disk), _born(user), user.key), default=None)
    return Holder(kind=first.resource.kind, name=first.meta.name, uid=first.meta.uid) if first else None


def _has_attached(user: Live[Any], disk: Disk) -> bool:
    status: UserStatus = user.view.status
    return any(one.disk == disk.meta.name for one in status.disks)


def _born(user: Live[Any]) -> float:
    created = user.meta.creation_timestamp
    return created.timestamp() if created else 0.0
