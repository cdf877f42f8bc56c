"""Restore: a disk is set back to what one of its snapshots holds, while nothing has it open.

What the disk is now is kept first, in a snapshot. Then the next claim of its series is made from the snapshot that is asked for. So long as
that claim has no number it is not the disk, and goes when the restore is called back. When it holds all, that is written down
(`acted.restored`), and from there it only goes on: the claim gets its number, by one write, and the disk itself says that it has the claim.
"""

from dataclasses import replace
from typing import Any, Final

import msgspec

from vireo.api.names import LABEL_DISK, LABEL_DISK_UID, LABEL_MANAGED, LABEL_OPERATION_UID, LABEL_SEQUENCE
from vireo.api.objects import Child, Live
from vireo.api.quantities import quantity
from vireo.api.reasons import Reason
from vireo.api.reconcile import Call
from vireo.api.resources import CLAIM, SNAPSHOT, VIRTUAL_DISK, Key
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.disks import name, not_yet
from vireo.kinds.operation.snapshot import gone, in_the_way, is_ready, taken
from vireo.kinds.operation.target import (
    Operation,
    asked,
    asked_key,
    called_back,
    disk,
    former_claim,
    next_claim,
    next_claim_key,
    snapshot,
    snapshot_key,
)
from vireo.kinds.operation.turn import no_way_yet, not_its_turn
from vireo.kinds.operation.types import Acted
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk.claims import SELECTED_NODE, Claim, DataSource
from vireo.kinds.virtualdisk.filling import went_wrong
from vireo.kinds.virtualdisk.series import number
from vireo.kinds.virtualdisk.sources import in_bytes

STOPPED_BY: Final = {
    "ContainerWorkload": "kubectl scale containerworkload.vireo.dev {} --replicas=0",
    "VirtualMachine": 'kubectl patch virtualmachine.vireo.dev {} --type=merge -p \'{{"spec": {{"powerState": "Stopped"}}}}\'',
}
"""How a user of the disk is stopped, by its kind."""


def _would(operation: Operation) -> str:
    holder = _disk(operation).view.status.held_by
    when = f", as soon as {holder.kind} {holder.name}, which holds it, is stopped" if holder else ""
    return (
        f"{name(operation)} would be set back to what {asked_key(operation)} holds{when}. What it is now would be kept in "
        f"{snapshot_key(operation)}."
    )


def _why_not(operation: Operation) -> Course | None:
    return not_yet(operation) or _not_from_it(operation) or _not_kept(operation) or _not_its_turn(operation)


def _not_from_it(operation: Operation) -> Course | None:
    """Why the disk can not be set back to that snapshot."""
    live, key, size = asked(operation), asked_key(operation), _disk(operation).view.status.capacity
    if live is None or live.meta.deletion_timestamp:
        what = "is being deleted" if live else "does not exist"
        return failed(
            Reason.SOURCE_MISSING,
            f"{key} {what}. Make this operation anew with one that is there: kubectl get volumesnapshots -l {LABEL_DISK}={name(operation)}",
        )
    if live.meta.labels.get(LABEL_DISK_UID) != _disk(operation).meta.uid:
        return failed(
            Reason.SNAPSHOT_OF_ANOTHER,
            f"{key} was not taken by Vireo of {name(operation)}, as this disk is now. To have what it holds, make another disk with "
            f"spec.source.snapshot.name {key.name}.",
        )
    if not is_ready(live):
        words = live.view.status.error.message
        more = f" It says: {words}" if words else ""
        return goes_on(Reason.SOURCE_NOT_READY, f"{key} is not ready yet: the disk is set back as soon as it is.{more}")
    has = live.view.status.restore_size
    if in_bytes(has) > quantity(size):
        return failed(
            Reason.SOURCE_TOO_LARGE,
            f"{key} has {has}, and {name(operation)} {size}. Set spec.size of the disk to {has}, and when it has grown make this operation "
            "anew.",
        )
    return None


def _not_kept(operation: Operation) -> Course | None:
    """Why what the disk is now can not be kept in a snapshot of the operation's name."""
    if snapshot_key(operation) == asked_key(operation):
        return failed(
            Reason.FOREIGN_OBJECT,
            f"What {name(operation)} is now is kept in {snapshot_key(operation)}, and that is what it is to be set back to. Make this "
            "operation anew under another name.",
        )
    return None if snapshot(operation) else in_the_way(operation.uses.get(snapshot_key(operation)))


def _not_its_turn(operation: Operation) -> Course | None:
    """The disk gives it while nothing has it open."""
    live = _disk(operation)
    status = live.view.status
    if operation.spec.dry_run:
        return None
    if status.operation is None and status.held_by:
        held = status.held_by
        how = f": {STOPPED_BY[held.kind].format(held.name)}" if held.kind in STOPPED_BY else "."
        return goes_on(
            Reason.DISK_IN_USE,
            f"{live.key} is held by {held.kind} {held.name}, and is set back as soon as that is stopped{how}",
        )
    return not_its_turn(operation, live) or (None if status.operation.alone else no_way_yet(live))


def _begin(operation: Operation) -> Course:
    live, source = _disk(operation), asked(operation)
    assert source is not None, "why_not says that it is there"
    status = live.view.status
    acted = Acted(
        uid=live.meta.uid,
        claim=status.claim,
        snapshot=source.meta.uid,
        size=status.capacity,
        sequence=status.sequence + 1,
    )
    said = goes_on(Reason.RESTORING, f"{name(operation)} is about to be set back to what {asked_key(operation)} holds.")
    return replace(said, begins=acted)


def _course(operation: Operation, acted: Acted) -> Course:
    if acted.restored:
        return _becomes_the_disk(operation, acted, acted.restored)
    stops = _interrupted(operation, acted) or _called_back(operation) or _not_its_turn(operation)
    found = stops or taken(operation, acted) or _filled(operation, acted)
    return found if found.done is None else _cleared(operation, acted, found)


def _interrupted(operation: Operation, acted: Acted) -> Course | None:
    """What was taken away from under it. The disk is as it was."""
    live, source, former = disk(operation), asked(operation), former_claim(operation, acted)
    if live is None or live.meta.uid != acted.uid:
        return failed(Reason.INTERRUPTED, f"{name(operation)} was deleted before it was set back.")
    if live.view.status.sequence >= _next(acted) or former is None:
        return failed(
            Reason.INTERRUPTED,
            f"{_claim_before(operation, acted)} was deleted, or is not {name(operation)} any more, so nothing is set back.",
        )
    if source is None or source.meta.uid != acted.snapshot:
        return failed(Reason.INTERRUPTED, f"{asked_key(operation)} was deleted before {name(operation)} was set back.")
    return gone(operation) or _nowhere(operation, former)


def _nowhere(operation: Operation, former: Claim) -> Course | None:
    """Where storage is made for a pod's node, that of the claim before is taken: there its snapshots are."""
    known = platform(operation)
    datastore = known.datastore(former.view.datastore) if known else None
    if datastore is None or datastore.binding == "Immediate" or SELECTED_NODE in former.meta.annotations:
        return None
    return failed(
        Reason.BINDING_UNSUPPORTED,
        f"StorageClass {datastore.name} makes disks at their first use only, and nothing says on which node {former.key} was made. Make "
        f"another disk with spec.source.snapshot.name {asked_key(operation).name}.",
    )


def _called_back(operation: Operation) -> Course | None:
    kept = f" What it is, is in {snapshot_key(operation)} too." if is_ready(snapshot(operation)) else ""
    if operation.spec.cancel or operation.deleting:
        return failed(Reason.CANCELLED, f"The restore was called back: {name(operation)} is as it was.{kept}")
    if called_back(operation):
        return failed(
            Reason.DEADLINE_EXCEEDED,
            f"{name(operation)} could not be set back by the deadline, and is as it was.{kept}",
        )
    return None


def _cleared(operation: Operation, acted: Acted, ended: Course) -> Course:
    """What was made half way goes first. The snapshot of what the disk is holds data, once it is ready."""
    safety = snapshot(operation)
    left = next_claim(operation, acted) or (None if is_ready(safety) else safety)
    if left is None:
        return ended
    return replace(goes_on(ended.finding.reason, f"{left.key} is being called back."), delete=(left,))


def _filled(operation: Operation, acted: Acted) -> Course:
    key, made = next_claim_key(operation, acted), next_claim(operation, acted)
    if made is None:
        there = operation.uses.get(key)
        said = goes_on(Reason.RESTORING, f"{key} is about to be made from {asked_key(operation)}.")
        return in_the_way(there) or replace(said, child=_child(operation, acted))
    if made.meta.deletion_timestamp:
        return goes_on(Reason.RESTORING, f"{key} was deleted by others. It is made anew when it is gone.")
    if not _holds_all(operation, acted, made):
        words = went_wrong(made, operation.warnings.get(key, ""))
        more = f" It goes on trying. It says: {words}" if words else ""
        return goes_on(Reason.RESTORING, f"{key} is being made from {asked_key(operation)}.{more}")
    said = goes_on(
        Reason.RESTORING, f"{key} holds what {asked_key(operation)} held, and is about to become {name(operation)}."
    )
    return replace(said, begins=acted.model_copy(update={"restored": made.meta.uid}))


def being_filled(operation: Operation) -> tuple[Key, ...]:
    """The claim, while the storage should be doing something about it."""
    acted = operation.status.acted if operation.spec.restore and not operation.status.finished else None
    made = next_claim(operation, acted) if acted else None
    return (made.key,) if made and made.view.pending else ()


def _holds_all(operation: Operation, acted: Acted, made: Claim) -> bool:
    """A claim is bound when its content is complete."""
    view = made.view
    return view.bound and view.spec.data_source_ref == _source(operation) and view.capacity >= quantity(_size(acted))


def _child(operation: Operation, acted: Acted) -> Child:
    """As the claim before, filled before it is bound, and without a number."""
    former = former_claim(operation, acted)
    assert former is not None, "without it the restore is interrupted"
    labels = {
        LABEL_MANAGED: VIRTUAL_DISK.kind.lower(),
        LABEL_DISK: name(operation),
        LABEL_DISK_UID: acted.uid,
        LABEL_OPERATION_UID: operation.meta.uid,
    }
    node = {note: value for note, value in former.meta.annotations.items() if note == SELECTED_NODE}
    key = next_claim_key(operation, acted)
    meta = {"name": key.name, "namespace": key.namespace, "labels": labels, **({"annotations": node} if node else {})}
    spec = {
        "storageClassName": former.view.datastore,
        "accessModes": list(former.view.spec.access_modes),
        "volumeMode": former.view.spec.volume_mode,
        "resources": {"requests": {"storage": _size(acted)}},
        "dataSourceRef": msgspec.to_builtins(_source(operation)),
    }
    return Child(CLAIM, {"metadata": meta, "spec": spec}, owned=False)


def _becomes_the_disk(operation: Operation, acted: Acted, uid: str) -> Course:
    live, key, made = disk(operation), next_claim_key(operation, acted), next_claim(operation, acted)
    if live is None or live.meta.uid != acted.uid:
        return failed(Reason.INTERRUPTED, f"{name(operation)} was deleted before it was set back.")
    if live.view.status.claim == key.name:
        return completed(
            f"{name(operation)} holds what {asked_key(operation)} held. What it was before is in {snapshot_key(operation)} and on "
            f"{_claim_before(operation, acted)}, until somebody deletes them."
        )
    if made is None or made.meta.uid != uid or live.view.status.sequence >= _next(acted):
        return failed(
            Reason.INTERRUPTED, f"{key} was deleted, or another was given its number, before it was {name(operation)}."
        )
    said = goes_on(Reason.RESTORING, f"{key} becomes {name(operation)}.")
    return said if number(made) == _next(acted) else replace(said, call=_numbered(acted, made))


def _numbered(acted: Acted, made: Claim) -> Call:
    """The one write that is the restore."""
    body = {"metadata": {"labels": {LABEL_SEQUENCE: str(_next(acted))}}}
    return Call("Restore", made.key, body=body, patch=True, uid=made.meta.uid)


def _source(operation: Operation) -> DataSource:
    return DataSource(SNAPSHOT.kind, asked_key(operation).name, SNAPSHOT.group)


def _disk(operation: Operation) -> Live[Any]:
    live = disk(operation)
    assert live is not None, "what is acted on is there"
    return live


def _claim_before(operation: Operation, acted: Acted) -> Key:
    return Key(CLAIM, operation.key.namespace, acted.claim or "")


def _size(acted: Acted) -> str:
    assert acted.size is not None, "a restore is decided with the size"
    return acted.size


def _next(acted: Acted) -> int:
    assert acted.sequence is not None, "a restore is decided with the number"
    return acted.sequence


RESTORE: Final = Action(would=_would, why_not=_why_not, begin=_begin, course=_course)
