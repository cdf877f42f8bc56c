"""What every act on a disk has in common: the disk has data, and its datastore can keep a snapshot of it."""

from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Course, failed, goes_on
from vireo.kinds.operation.target import Operation, disk
from vireo.kinds.platform.use import datastore


def not_yet(operation: Operation) -> Course | None:
    """What speaks against any act on this disk now."""
    live = disk(operation)
    if live is None:
        key = f"VirtualDisk {operation.key.namespace}/{operation.spec.target.name}"
        return goes_on(Reason.TARGET_MISSING, f"{key} does not exist. Make it, or delete this operation.")
    if live.meta.deletion_timestamp:
        return failed(Reason.TARGET_MISSING, f"{live.key} is being deleted, so nothing is done with it any more.")
    status = live.view.status
    if not (status.claim and status.capacity):
        return goes_on(Reason.DISK_NOT_READY, f"{live.key} has no data yet: this operation goes on when it has.")
    found = datastore(operation, status.datastore)
    if found is None or found.snapshot_class is None:
        return failed(
            Reason.SNAPSHOTS_UNSUPPORTED,
            f"StorageClass {status.datastore or '(none)'} has no snapshots: there is no VolumeSnapshotClass of its driver. Make one, "
            "then this operation anew.",
        )
    return None


def name(operation: Operation) -> str:
    return operation.spec.target.name
