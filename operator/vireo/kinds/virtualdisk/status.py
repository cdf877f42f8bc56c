"""VirtualDisk: what is so, and why."""

from typing import Final

from vireo.api.conditions import Finding, Said, conditions, fails, holds, progress
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Outcome, refusal
from vireo.api.resources import CLAIM, Key
from vireo.kinds.virtualdisk.checks import being_made, is_filling
from vireo.kinds.virtualdisk.datastores import chosen, is_usable
from vireo.kinds.virtualdisk.filling import filling
from vireo.kinds.virtualdisk.holder import holder
from vireo.kinds.virtualdisk.restoring import restoring
from vireo.kinds.virtualdisk.series import Disk, series
from vireo.kinds.virtualdisk.snapshots import scheduled, taken, why_none
from vireo.kinds.virtualdisk.types import SnapshotsTaken, User, VirtualDiskStatus

FOR_A_PERSON: Final = frozenset(
    {
        Reason.BINDING_UNSUPPORTED,
        Reason.CHECKSUM_MISMATCH,
        Reason.CHECKSUM_UNSUPPORTED,
        Reason.CLAIM_LOST,
        Reason.CLAIM_RETAINED,
        Reason.DATASTORE_FIXED,
        Reason.EXPANSION_UNSUPPORTED,
        Reason.FOREIGN_OBJECT,
        Reason.IMPORT_MISSING,
        Reason.REFUSED,
        Reason.SHRINK_UNSUPPORTED,
        Reason.SOURCE_CONTENT_MISMATCH,
        Reason.SOURCE_TOO_LARGE,
    }
)
"""What nothing but a person's decision ends (Stalled); all else goes on by itself as soon as it can (Reconciling)."""
AS_ASKED: Final = frozenset({Reason.WAITING_FOR_FIRST_USE, Reason.WAITING_FOR_NEXT_USE})
"""What only a use can end, and will: the disk is Ready for it."""
USERS_AT_MOST: Final = 128
SNAPSHOTS_TAKEN: Final = "SnapshotsTaken"
"""The condition of a disk that asks for snapshots by schedule."""


def status_of(disk: Disk, desired: Desired, outcomes: tuple[Outcome, ...]) -> VirtualDiskStatus:
    found, before, generation = series(disk), disk.status, disk.meta.generation
    claim = found.current if found.current and is_usable(disk, found.current) else None
    return VirtualDiskStatus(
        observed_generation=generation,
        claim=claim.meta.name if claim and not claim.meta.deletion_timestamp else None,
        sequence=found.number if claim else before.sequence,
        datastore=(claim.view.datastore or None) if claim else None,
        capacity=claim.view.capacity_text if claim and claim.view.bound else None,
        filling=filling(found.current) if found.current and is_filling(found.current) else None,
        snapshots=_snapshots(disk),
        used_by=tuple(User(kind=one.resource.kind, name=one.meta.name) for one in disk.users[:USERS_AT_MOST]),
        held_by=holder(disk),
        operation=restoring(disk),
        conditions=conditions(
            before.conditions, (*_said(disk, desired, outcomes), *_of_schedule(disk)), generation, disk.now
        ),
    )


def _snapshots(disk: Disk) -> SnapshotsTaken | None:
    found = scheduled(disk)
    ready = sum(one.view.status.ready_to_use for one in found)
    return SnapshotsTaken(ready=ready, newest=found[0].meta.name) if found else None


def _of_schedule(disk: Disk) -> tuple[Said, ...]:
    if disk.spec.snapshots is None or disk.deleting:
        return ()
    cause = why_none(disk)
    return (fails(SNAPSHOTS_TAKEN, cause) if cause else holds(SNAPSHOTS_TAKEN, taken(disk)),)


def _said(disk: Disk, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[Said, ...]:
    refused = refusal(outcomes)
    cause = (refused.finding if refused else None) or desired.waiting or _next_step(disk, desired)
    if cause is None:
        return progress(_bound(disk))
    if cause.reason in AS_ASKED:
        return progress(cause)
    return progress(None, stalled=cause) if cause.reason in FOR_A_PERSON else progress(None, working=cause)


def _next_step(disk: Disk, desired: Desired) -> Finding | None:
    """What this pass began and the next will see."""
    if adopted := series(disk).adoptable:
        return Finding(Reason.RECONCILING, f"{adopted.key} becomes this disk, as its annotation asks.")
    datastore = chosen(disk)
    if series(disk).current or not desired.children or datastore is None:
        return None
    return being_made(disk, Key(CLAIM, disk.key.namespace, disk.meta.name), datastore.name)


def _bound(disk: Disk) -> Finding:
    claim = series(disk).current
    assert claim is not None, "without a claim there is a cause"
    return Finding(Reason.BOUND, f"{claim.key} is bound, with {claim.view.capacity_text}.")
