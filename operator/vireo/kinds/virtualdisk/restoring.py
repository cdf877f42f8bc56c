"""Which operation may set the disk back now: one at a time, and while nothing has the disk open.

The holder keeps the disk, so that nobody else gets it meanwhile; it has to be stopped. As a holder loses a disk, the turn is given in
two writes. First it is told, and from then on nobody attaches the disk (use.py). Who read before that that it may shows by the second
look that it is not stopped any more, since what it says of its newest spec comes last; then the turn is taken back, and nothing was done.
"""

from typing import Any

from vireo.api.objects import Live
from vireo.api.resources import OPERATION
from vireo.kinds.turns import whose_turn
from vireo.kinds.virtualdisk.holder import attaches, holder, is_stopped
from vireo.kinds.virtualdisk.series import Disk
from vireo.kinds.virtualdisk.types import Restoring


def restoring(disk: Disk) -> Restoring | None:
    """The one that had its turn keeps it until it has ended."""
    before, found = disk.status.operation, whose_turn(disk.status.operation, _asked(disk))
    if found is None:
        return None
    told = before is not None and before.uid == found.meta.uid
    if before and told and before.alone:
        return before
    if disk.deleting or not _is_free(disk):
        return None
    return Restoring(name=found.meta.name, uid=found.meta.uid, alone=told or None)


def needed(disk: Disk) -> frozenset[str]:
    """The snapshots that somebody waits to have the disk set back to."""
    return frozenset(one.view.spec.restore.snapshot for one in _asked(disk) if not one.view.status.finished)


def _asked(disk: Disk) -> tuple[Live[Any], ...]:
    users = (one for one in disk.users if one.resource == OPERATION and not one.view.invalid)
    return tuple(one for one in users if one.view.spec.restore)


def _is_free(disk: Disk) -> bool:
    """Whether all that may have the disk open are stopped. One that is about to lose it may be neither seen here nor have let go."""
    held, attached = holder(disk), attaches(disk)
    known = held is None or (not held.released and held.uid in {one.meta.uid for one in attached})
    return known and all(is_stopped(one) for one in attached)
