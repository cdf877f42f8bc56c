"""Snapshot: a VolumeSnapshot is taken of a disk, as it is at that moment.

It holds data, so it belongs to nobody: it stays when the operation goes. What is called back is deleted as long as it is not ready.
"""

from dataclasses import replace
from typing import Final

from vireo.api.names import ANNOTATION_ADOPT, LABEL_DISK, LABEL_DISK_UID, LABEL_OPERATION_UID
from vireo.api.objects import Child
from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.target import (
    Operation,
    Snapshot,
    called_back,
    disk,
    snapshot,
    snapshot_key,
)
from vireo.kinds.operation.types import Acted
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk.snapshots import snapshot_of


def _would(operation: Operation) -> str:
    return f"{snapshot_key(operation)} would be taken of {_name(operation)}."


def _why_not(operation: Operation) -> Course | None:
    live, known = disk(operation), platform(operation)
    if live is None:
        key = f"VirtualDisk {operation.key.namespace}/{_name(operation)}"
        return goes_on(Reason.TARGET_MISSING, f"{key} does not exist. Make it, or delete this operation.")
    if live.meta.deletion_timestamp:  # which waits until this operation has ended
        return failed(
            Reason.TARGET_MISSING,
            f"{live.key} is being deleted, so no snapshot is taken of it. When it was made anew, make this operation anew.",
        )
    status = live.view.status
    if not (status.claim and status.capacity):
        return goes_on(Reason.DISK_NOT_READY, f"{live.key} has no data yet: the snapshot is taken when it has.")
    datastore = known.datastore(status.datastore) if known and status.datastore else None
    if datastore is None or datastore.snapshot_class is None:
        return failed(
            Reason.SNAPSHOTS_UNSUPPORTED,
            f"StorageClass {status.datastore or '(none)'} has no snapshots: there is no VolumeSnapshotClass of its driver. Make one, "
            "then this operation anew.",
        )
    return None


def _begin(operation: Operation) -> Course:
    live = disk(operation)
    assert live is not None, "what is acted on is there"
    said = goes_on(Reason.SNAPSHOTTING, f"{snapshot_key(operation)} is about to be taken of {_name(operation)}.")
    return replace(said, begins=Acted(uid=live.meta.uid, claim=live.view.status.claim))


def _course(operation: Operation, acted: Acted) -> Course:
    """Once it was seen it is not made again: who deletes it does not want it."""
    made = snapshot(operation)
    if made is None:
        return _called_back(operation) or _gone(operation) or _in_the_way(operation) or _to_make(operation, acted)
    if made.view.status.ready_to_use:
        return completed(f"{made.key} holds what {_name(operation)} was.")
    return _ending(made) if called_back(operation) else _on_its_way(operation, made)


def _to_make(operation: Operation, acted: Acted) -> Course:
    live, known = disk(operation), platform(operation)
    if live is None or live.meta.uid != acted.uid:
        return failed(Reason.INTERRUPTED, f"{_name(operation)} was deleted before the snapshot was taken.")
    datastore = known.datastore(live.view.status.datastore or "") if known else None
    said = goes_on(Reason.SNAPSHOTTING, f"{snapshot_key(operation)} is about to be taken of {_name(operation)}.")
    return replace(said, child=_child(operation, acted, (datastore.snapshot_class or "") if datastore else ""))


def _child(operation: Operation, acted: Acted, snapshot_class: str) -> Child:
    labels = {
        LABEL_DISK: _name(operation),
        LABEL_DISK_UID: acted.uid,
        LABEL_OPERATION_UID: operation.meta.uid,
    }
    return snapshot_of(acted.claim, snapshot_key(operation), labels, snapshot_class)


def _gone(operation: Operation) -> Course | None:
    if operation.status.snapshot is None:
        return None
    return failed(Reason.INTERRUPTED, f"{snapshot_key(operation)} was deleted by others before it was ready.")


def _in_the_way(operation: Operation) -> Course | None:
    there = operation.uses.get(snapshot_key(operation))
    if there is None or there.meta.annotations.get(ANNOTATION_ADOPT) == "true":
        return None
    return goes_on(
        Reason.FOREIGN_OBJECT,
        f"{there.key} exists and is not of this operation, so it is left alone. Give the operation another name, delete that one, or "
        f'let this operation take it: annotate it {ANNOTATION_ADOPT}="true".',
    )


def _on_its_way(operation: Operation, made: Snapshot) -> Course:
    words = made.view.status.error.message
    more = f" It goes on trying. It says: {words}" if words else ""
    return goes_on(Reason.SNAPSHOTTING, f"{made.key} is being taken of {_name(operation)}.{more}")


def _ending(made: Snapshot) -> Course:
    said = goes_on(Reason.CANCELLED, f"{made.key} is being called back.")
    return replace(said, delete=(made,))


def _called_back(operation: Operation) -> Course | None:
    if operation.spec.cancel or operation.deleting:
        return failed(Reason.CANCELLED, f"The snapshot of {_name(operation)} was called back.")
    if called_back(operation):
        return failed(
            Reason.DEADLINE_EXCEEDED,
            f"The snapshot of {_name(operation)} was not ready by the deadline, and is not kept.",
        )
    return None


def _name(operation: Operation) -> str:
    return operation.spec.target.name


SNAPSHOT_OF_DISK: Final = Action(would=_would, why_not=_why_not, begin=_begin, course=_course)
