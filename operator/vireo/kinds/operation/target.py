"""What an operation looks at: its machine or disk, the machine's instance, what it made, the node that is named."""

from datetime import datetime
from typing import Any

from vireo.api.names import LABEL_OPERATION_UID
from vireo.api.objects import Live, Meta
from vireo.api.reconcile import Observed
from vireo.api.resources import (
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MIGRATION,
    NODE,
    OPERATION,
    SNAPSHOT,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    Key,
)
from vireo.kinds.operation.types import OperationSpec, OperationStatus
from vireo.kinds.operation.views import MigrationView
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.virtualdisk.views import SnapshotView
from vireo.kinds.virtualmachine.views import InstanceView

Operation = Observed[OperationSpec, OperationStatus]
Instance = Live[InstanceView]
Migration = Live[MigrationView]
Snapshot = Live[SnapshotView]


def uses(meta: Meta, spec: OperationSpec, status: OperationStatus) -> frozenset[Key]:
    """What is acted on, and what has a say in it."""
    if spec.target.kind == VIRTUAL_DISK.kind:
        return frozenset() if status.finished else frozenset({THE_PLATFORM, *_of_disk(meta, spec)})
    nodes = {spec.migrate.host, spec.migrate.away_from} if spec.migrate else set()
    return frozenset(
        {
            Key(VIRTUAL_MACHINE, meta.namespace, spec.target.name),
            Key(KUBEVIRT_INSTANCE, meta.namespace, spec.target.name),
            *(Key(NODE, "", node) for node in nodes if node),
            *([Key(OPERATION, meta.namespace, status.blocked_by)] if status.blocked_by else []),
        }
    )


def _of_disk(meta: Meta, spec: OperationSpec) -> tuple[Key, Key]:
    """The disk, which counts as used meanwhile, and the snapshot that is to be taken of it."""
    disk = spec.target.name
    return Key(VIRTUAL_DISK, meta.namespace, disk), Key(SNAPSHOT, meta.namespace, f"{disk}-{meta.name}")


def disk(operation: Operation) -> Live[Any] | None:
    """The VirtualDisk that is acted on."""
    return operation.uses.get(_of_disk(operation.meta, operation.spec)[0])


def snapshot_key(operation: Operation) -> Key:
    return _of_disk(operation.meta, operation.spec)[1]


def snapshot(operation: Operation) -> Snapshot | None:
    """The snapshot that this operation made; not another one of its name."""
    live: Snapshot | None = operation.uses.get(snapshot_key(operation))
    return live if live and live.meta.labels.get(LABEL_OPERATION_UID) == operation.meta.uid else None


def machine(operation: Operation) -> Live[Any] | None:
    """The VirtualMachine that is acted on."""
    return operation.uses.get(Key(VIRTUAL_MACHINE, operation.key.namespace, operation.spec.target.name))


def instance(operation: Operation) -> Instance | None:
    """The instance of the machine's name."""
    live: Instance | None = operation.uses.get(
        Key(KUBEVIRT_INSTANCE, operation.key.namespace, operation.spec.target.name)
    )
    return live


def migration(operation: Operation) -> Migration | None:
    """The migration that this operation made."""
    return operation.child(KUBEVIRT_MIGRATION)


def node(operation: Operation, name: str) -> Live[Any] | None:
    return operation.uses.get(Key(NODE, "", name))


def lets_go(operation: Operation) -> bool:
    """Whether a migration that was decided on is not seen: before it is made, or called back unmade, it is looked for."""
    status = operation.status
    decided = operation.spec.action == "Migrate" and status.acted is not None and not status.finished
    return decided and migration(operation) is None


def ends_at(operation: Operation) -> datetime | None:
    """The deadline as a moment."""
    made = operation.meta.creation_timestamp
    return made + operation.spec.deadline if made else None


def is_late(operation: Operation) -> bool:
    end = ends_at(operation)
    return end is not None and operation.now >= end


def called_back(operation: Operation) -> bool:
    """Whether the act is not wanted any more."""
    return operation.spec.cancel or operation.deleting or is_late(operation)
