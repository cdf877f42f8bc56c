"""Snapshot: a VolumeSnapshot is taken of a disk, as it is at that moment.

It holds data, so it belongs to nobody: it stays when the operation goes. What is called back is deleted as long as it is not ready.
"""

from dataclasses import replace
from typing import Any, Final

from vireo.api.names import ANNOTATION_ADOPT, LABEL_DISK, LABEL_DISK_UID, LABEL_OPERATION_UID
from vireo.api.objects import Child, Live
from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.disks import name, not_yet
from vireo.kinds.operation.target import Operation, Snapshot, called_back, disk, snapshot, snapshot_key
from vireo.kinds.operation.types import Acted
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk.snapshots import snapshot_of


def _would(operation: Operation) -> str:
    return f"{snapshot_key(operation)} would be taken of {name(operation)}."


def _begin(operation: Operation) -> Course:
    live = disk(operation)
    assert live is not None, "what is acted on is there"
    said = goes_on(Reason.SNAPSHOTTING, f"{snapshot_key(operation)} is about to be taken of {name(operation)}.")
    return replace(said, begins=Acted(uid=live.meta.uid, claim=live.view.status.claim))


def _course(operation: Operation, acted: Acted) -> Course:
    made = snapshot(operation)
    if called_back(operation) and not is_ready(made):
        return _ending(made) if made else _called_back(operation)
    return taken(operation, acted) or completed(f"{snapshot_key(operation)} holds what {name(operation)} was.")


def taken(operation: Operation, acted: Acted) -> Course | None:
    """What is to be done until the disk's snapshot is ready. Once it was seen it is not made again: who deletes it does not want it."""
    made = snapshot(operation)
    if made is None:
        there = operation.uses.get(snapshot_key(operation))
        return gone(operation) or in_the_way(there) or _to_make(operation, acted)
    return None if is_ready(made) else _on_its_way(operation, made)


def is_ready(made: Snapshot | None) -> bool:
    return made is not None and made.view.status.ready_to_use


def _to_make(operation: Operation, acted: Acted) -> Course:
    live, known = disk(operation), platform(operation)
    if live is None or live.meta.uid != acted.uid:
        return failed(Reason.INTERRUPTED, f"{name(operation)} was deleted before the snapshot was taken.")
    datastore = known.datastore(live.view.status.datastore or "") if known else None
    said = goes_on(Reason.SNAPSHOTTING, f"{snapshot_key(operation)} is about to be taken of {name(operation)}.")
    return replace(said, child=_child(operation, acted, (datastore.snapshot_class or "") if datastore else ""))


def _child(operation: Operation, acted: Acted, snapshot_class: str) -> Child:
    labels = {
        LABEL_DISK: name(operation),
        LABEL_DISK_UID: acted.uid,
        LABEL_OPERATION_UID: operation.meta.uid,
    }
    return snapshot_of(acted.claim, snapshot_key(operation), labels, snapshot_class)


def gone(operation: Operation) -> Course | None:
    if operation.status.snapshot is None or snapshot(operation):
        return None
    return failed(
        Reason.INTERRUPTED, f"{snapshot_key(operation)} was deleted by others before the operation had ended."
    )


def in_the_way(there: Live[Any] | None) -> Course | None:
    """What has the name of what is to be made."""
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
    return goes_on(Reason.SNAPSHOTTING, f"{made.key} is being taken of {name(operation)}.{more}")


def _ending(made: Snapshot) -> Course:
    said = goes_on(Reason.CANCELLED, f"{made.key} is being called back.")
    return replace(said, delete=(made,))


def _called_back(operation: Operation) -> Course:
    if operation.spec.cancel or operation.deleting:
        return failed(Reason.CANCELLED, f"The snapshot of {name(operation)} was called back.")
    return failed(
        Reason.DEADLINE_EXCEEDED,
        f"The snapshot of {name(operation)} was not ready by the deadline, and is not kept.",
    )


SNAPSHOT_OF_DISK: Final = Action(would=_would, why_not=not_yet, begin=_begin, course=_course)
