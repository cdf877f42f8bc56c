"""A disk's snapshots by schedule: the one that is due, those that are not kept any more, and what is to be said of them.

What is due is a function of the schedule and of the snapshots that exist, and a snapshot's name is made of the moment at which it was due.
So a restart neither doubles nor loses one; of several that were missed, the last is made.
"""

from datetime import datetime
from typing import Final

from vireo.api.conditions import Finding
from vireo.api.names import LABEL_DISK, LABEL_DISK_UID, LABEL_DUE
from vireo.api.objects import Child, Live
from vireo.api.reasons import Reason
from vireo.api.resources import SNAPSHOT, VIRTUAL_DISK, Key
from vireo.kinds.virtualdisk.claims import Claim
from vireo.kinds.virtualdisk.datastores import of_claim
from vireo.kinds.virtualdisk.restoring import needed
from vireo.kinds.virtualdisk.schedule import following, is_schedule, latest
from vireo.kinds.virtualdisk.series import Disk, series
from vireo.kinds.virtualdisk.views import SnapshotView

Snapshot = Live[SnapshotView]
MOMENT: Final = "%Y%m%d-%H%M"
"""In a name and as the value of a label: UTC, and it sorts as text."""


def disk_of_snapshot(snapshot: Snapshot) -> Key | None:
    name = snapshot.meta.labels.get(LABEL_DISK)
    return Key(VIRTUAL_DISK, snapshot.meta.namespace, name) if name else None


def of_this_disk(disk: Disk) -> tuple[Snapshot, ...]:
    """All that Vireo took of it, by schedule or by hand; not of an earlier disk of its name."""
    return tuple(one for one in disk.all(SNAPSHOT) if one.meta.labels.get(LABEL_DISK_UID) == disk.meta.uid)


def snapshot_of(claim: str | None, made: Key, labels: dict[str, str], snapshot_class: str | None) -> Child:
    """A snapshot of a claim. It holds data, so it belongs to nobody."""
    meta = {"name": made.name, "namespace": made.namespace, "labels": labels}
    spec = {"volumeSnapshotClassName": snapshot_class, "source": {"persistentVolumeClaimName": claim}}
    return Child(SNAPSHOT, {"metadata": meta, "spec": spec}, owned=False)


def scheduled(disk: Disk) -> tuple[Snapshot, ...]:
    """Those by schedule, the newest first."""
    found = [one for one in of_this_disk(disk) if LABEL_DUE in one.meta.labels and not one.meta.deletion_timestamp]
    return tuple(sorted(found, key=_due, reverse=True))


def to_take(disk: Disk) -> Child | None:
    """The snapshot that is due. One at a time: while the one before is not ready, storage that is late gets no more to do."""
    claim, newest, due = series(disk).current, next(iter(scheduled(disk)), None), _newest_due(disk)
    if claim is None or due is None or not _can(disk, claim):
        return None
    if not (_is_after(due, newest) if newest else _is_after_birth(due, disk)):
        return None
    if newest and not newest.view.status.ready_to_use:
        return None
    child = _snapshot(disk, claim, due)
    return None if disk.child(SNAPSHOT, child.key.name) else child


def to_drop(disk: Disk) -> tuple[Snapshot, ...]:
    """Those by schedule beyond the number that is kept. Only what is ready counts, and a disk without a schedule keeps what it has; so it
    does with what it is to be set back to.
    """
    if disk.spec.snapshots is None:
        return ()
    ready, kept = [one for one in scheduled(disk) if one.view.status.ready_to_use], needed(disk)
    return tuple(one for one in ready[disk.spec.snapshots.keep :] if one.meta.name not in kept)


def next_due(disk: Disk) -> datetime | None:
    """When to look again."""
    return following(disk.spec.snapshots.schedule, disk.now) if disk.spec.snapshots and not disk.deleting else None


def why_none(disk: Disk) -> Finding | None:
    """Why snapshots are not taken as the schedule says; None if they are."""
    return _never_comes(disk) or _nothing_to_take(disk) or _unsupported(disk) or _late(disk)


def _never_comes(disk: Disk) -> Finding | None:
    wanted = disk.spec.snapshots
    if wanted is None or is_schedule(wanted.schedule):
        return None
    return Finding(
        Reason.SCHEDULE_INVALID,
        f"spec.snapshots.schedule {wanted.schedule} never comes. Write minute, hour, day, month and weekday, such as 0 2 * * *, "
        "or @daily.",
    )


def _nothing_to_take(disk: Disk) -> Finding | None:
    claim = series(disk).current
    if claim and claim.view.bound:
        return None
    return Finding(Reason.RECONCILING, "Snapshots are taken as soon as the disk is made.")


def _unsupported(disk: Disk) -> Finding | None:
    claim = series(disk).current
    datastore = of_claim(disk, claim) if claim else None
    if datastore and datastore.snapshot_class:
        return None
    name = claim.view.datastore if claim else ""
    return Finding(
        Reason.SNAPSHOTS_UNSUPPORTED,
        f"StorageClass {name or '(none)'} has no snapshots: there is no VolumeSnapshotClass of its driver. Make one, or take "
        "spec.snapshots out.",
    )


def _late(disk: Disk) -> Finding | None:
    """The storage says that it can not take the newest one, or has not until the next is due."""
    newest, due = next(iter(scheduled(disk)), None), _newest_due(disk)
    if newest is None or newest.view.status.ready_to_use:
        return None
    words = newest.view.status.error.message
    if not words and (due is None or not _is_after(due, newest)):
        return None
    more = f" It says: {words}" if words else ""
    return Finding(
        Reason.SNAPSHOT_FAILED,
        f"{newest.key} is not ready, and no other is taken before it is; the storage goes on trying. If it never can, delete it.{more}",
    )


def taken(disk: Disk) -> Finding:
    wanted = disk.spec.snapshots
    assert wanted is not None, "said of a disk that asks for them"
    return Finding(
        Reason.SNAPSHOTS_TAKEN, f"Snapshots are taken at {wanted.schedule} (UTC); {wanted.keep} of them are kept."
    )


def _can(disk: Disk, claim: Claim) -> bool:
    return claim.meta.deletion_timestamp is None and not (_nothing_to_take(disk) or _unsupported(disk))


def _newest_due(disk: Disk) -> datetime | None:
    return latest(disk.spec.snapshots.schedule, disk.now) if disk.spec.snapshots else None


def _is_after(due: datetime, newest: Snapshot) -> bool:
    return due.strftime(MOMENT) > _due(newest)


def _is_after_birth(due: datetime, disk: Disk) -> bool:
    """Where there are none: nothing was due before there was the disk."""
    born = disk.meta.creation_timestamp
    return born is None or due >= born


def _snapshot(disk: Disk, claim: Claim, due: datetime) -> Child:
    datastore, moment = of_claim(disk, claim), due.strftime(MOMENT)
    assert datastore is not None, "it can take snapshots"
    made = Key(SNAPSHOT, disk.key.namespace, f"{disk.meta.name}-{moment}")
    labels = {LABEL_DISK: disk.meta.name, LABEL_DISK_UID: disk.meta.uid, LABEL_DUE: moment}
    return snapshot_of(claim.meta.name, made, labels, datastore.snapshot_class)


def _due(snapshot: Snapshot) -> str:
    return snapshot.meta.labels[LABEL_DUE]
