"""What an operation looks at: its machine or disk, the machine's instance, what it made, the node that is named."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from vireo.api.names import LABEL_OPERATION_UID
from vireo.api.objects import Live, Meta
from vireo.api.reconcile import Observed
from vireo.api.resources import (
    CLAIM,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MIGRATION,
    OPERATION,
    SNAPSHOT,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    Key,
)
from vireo.kinds.cluster import node_key
from vireo.kinds.operation.types import Acted, OperationSpec, OperationStatus
from vireo.kinds.operation.views import MigrationView
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.virtualdisk.claims import Claim
from vireo.kinds.virtualdisk.views import SnapshotView
from vireo.kinds.virtualmachine.views import InstanceView

Operation = Observed[OperationSpec, OperationStatus]
Instance = Live[InstanceView]
Migration = Live[MigrationView]
Snapshot = Live[SnapshotView]


def uses(meta: Meta, spec: OperationSpec, status: OperationStatus) -> frozenset[Key]:
    """What is acted on, and what has a say in it."""
    in_the_way = [Key(OPERATION, meta.namespace, status.blocked_by)] if status.blocked_by else []
    if spec.target.kind == VIRTUAL_DISK.kind:
        disk = {THE_PLATFORM, *_of_disk(meta, spec), *_of_restore(meta, spec, status), *in_the_way}
        return frozenset() if status.finished else frozenset(disk)
    nodes = {spec.migrate.host, spec.migrate.away_from} if spec.migrate else set()
    return frozenset(
        {
            Key(VIRTUAL_MACHINE, meta.namespace, spec.target.name),
            Key(KUBEVIRT_INSTANCE, meta.namespace, spec.target.name),
            *(node_key(node) for node in nodes if node),
            *in_the_way,
        }
    )


def _of_disk(meta: Meta, spec: OperationSpec) -> tuple[Key, Key]:
    """The disk, which counts as used meanwhile, and the snapshot that is to be taken of it."""
    disk = spec.target.name
    return Key(VIRTUAL_DISK, meta.namespace, disk), Key(SNAPSHOT, meta.namespace, f"{disk}-{meta.name}")


def _of_restore(meta: Meta, spec: OperationSpec, status: OperationStatus) -> tuple[Key, ...]:
    """The snapshot that is asked for, and from the decision on the claim that was the disk, and the next one."""
    if spec.restore is None:
        return ()
    asked, acted = Key(SNAPSHOT, meta.namespace, spec.restore.snapshot), status.acted
    if acted is None or acted.claim is None:
        return (asked,)
    return asked, Key(CLAIM, meta.namespace, acted.claim), _next_claim(meta, spec, acted)


def _next_claim(meta: Meta, spec: OperationSpec, acted: Acted) -> Key:
    """Another one for each number of the series, also where an operation of this name restored the disk before."""
    made_of = msgspec.json.encode((spec.target.name, meta.name, acted.sequence))
    return Key(CLAIM, meta.namespace, f"{spec.target.name}-{sha256(made_of).hexdigest()[:10]}")


def disk(operation: Operation) -> Live[Any] | None:
    """The VirtualDisk that is acted on."""
    return operation.uses.get(_of_disk(operation.meta, operation.spec)[0])


def asked_key(operation: Operation) -> Key:
    """The snapshot that the disk is to be set back to."""
    assert operation.spec.restore is not None, "a Restore says to what"
    return Key(SNAPSHOT, operation.key.namespace, operation.spec.restore.snapshot)


def asked(operation: Operation) -> Snapshot | None:
    return operation.uses.get(asked_key(operation))


def former_claim(operation: Operation, acted: Acted) -> Claim | None:
    """The claim that was the disk when its restore was decided on."""
    return operation.uses.get(Key(CLAIM, operation.key.namespace, acted.claim or ""))


def next_claim_key(operation: Operation, acted: Acted) -> Key:
    return _next_claim(operation.meta, operation.spec, acted)


def next_claim(operation: Operation, acted: Acted) -> Claim | None:
    """The claim that this operation made; not another one of its name."""
    live: Claim | None = operation.uses.get(next_claim_key(operation, acted))
    return live if live and live.meta.labels.get(LABEL_OPERATION_UID) == operation.meta.uid else None


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
    return operation.uses.get(node_key(name))


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
