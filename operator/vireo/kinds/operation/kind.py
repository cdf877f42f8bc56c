"""Operation: names, columns and what is read for it."""

from typing import Final

from vireo.api.kind import Admission, Column, Kind, Watch, controlled
from vireo.api.reasons import Reason
from vireo.api.resources import (
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MIGRATION,
    NODE,
    OPERATION,
    PLATFORM,
    SNAPSHOT,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
)
from vireo.kinds.cluster import NodeView
from vireo.kinds.operation.checks import foreseen
from vireo.kinds.operation.desired import desired
from vireo.kinds.operation.figures import ended
from vireo.kinds.operation.restore import being_filled
from vireo.kinds.operation.status import status_of
from vireo.kinds.operation.target import lets_go, uses
from vireo.kinds.operation.types import (
    ACTION_OF_ITS_TARGET,
    BLOCK_OF_ITS_ACTION,
    NOT_LATER,
    SNAPSHOT_OF_RESTORE,
    OperationSpec,
    OperationStatus,
)
from vireo.kinds.operation.views import MigrationView
from vireo.kinds.virtualdisk.kind import CLAIMS, SNAPSHOTS
from vireo.kinds.virtualmachine.kind import INSTANCES

ADMISSION: Final = Admission(
    why_not=foreseen,
    looks_at=frozenset({KUBEVIRT_INSTANCE, NODE, PLATFORM, SNAPSHOT, VIRTUAL_DISK, VIRTUAL_MACHINE}),
    warns=frozenset(
        {
            Reason.HOST_UNUSABLE,
            Reason.NOT_MIGRATABLE,
            Reason.NOT_RUNNING,
            Reason.SNAPSHOTS_UNSUPPORTED,
            Reason.SNAPSHOT_OF_ANOTHER,
            Reason.SOURCE_TOO_LARGE,
        }
    ),
)

KIND: Final = Kind(
    resource=OPERATION,
    singular="operation",
    short_names=("vop",),
    description="One act: a restart or a move of a machine to another node, a snapshot of a disk, or setting it back to one. It acts "
    "once, says what became of it, and is kept for a while to be read.",
    spec=OperationSpec,
    status=OperationStatus,
    rules=(ACTION_OF_ITS_TARGET, BLOCK_OF_ITS_ACTION, SNAPSHOT_OF_RESTORE, NOT_LATER),
    admission=ADMISSION,
    longest_name=63,
    columns=(
        Column("Action", "string", ".spec.action", "What is done."),
        Column("Target", "string", ".spec.target.name", "What it is done to."),
        Column("Complete", "string", '.status.conditions[?(@.type=="Complete")].status', "Whether it is done."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Complete")].reason', "Why, as one word."),
        Column("Seconds", "string", ".status.lasted.seconds", "How long the act took."),
        Column("By", "string", ".status.requestedBy", "Who asked for it."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column(
            "Message", "string", '.status.conditions[?(@.type=="Complete")].message', "Why, as a sentence.", wide=True
        ),
    ),
    watches=(
        Watch(KUBEVIRT_MIGRATION, MigrationView, parent=OPERATION, owner=controlled(OPERATION), namesake=True),
        Watch(NODE, NodeView),
        INSTANCES,
        CLAIMS,
        SNAPSHOTS,
    ),
    uses=uses,
    desired=desired,
    status_of=status_of,
    lets_go=lets_go,
    puzzles=being_filled,
    ended=ended,
    ready_when="kubectl wait operation.vireo.dev/NAME --for=condition=Complete",
)
