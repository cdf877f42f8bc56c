"""VirtualDisk: names, columns and what is read for it."""

from typing import Final

from vireo.api.kind import Admission, Column, Kind, Watch, controlled
from vireo.api.names import LABEL_DISK
from vireo.api.objects import Meta
from vireo.api.reasons import Reason
from vireo.api.resources import CLAIM, CLONE_SOURCE, IMPORT_SOURCE, PLATFORM, SNAPSHOT, VIRTUAL_DISK, Key
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.virtualdisk.checks import why_not
from vireo.kinds.virtualdisk.claims import ClaimView
from vireo.kinds.virtualdisk.contents import is_to_be_filled, of_others
from vireo.kinds.virtualdisk.desired import desired, puzzles
from vireo.kinds.virtualdisk.holder import holder_key
from vireo.kinds.virtualdisk.series import disk_of
from vireo.kinds.virtualdisk.snapshots import disk_of_snapshot
from vireo.kinds.virtualdisk.status import status_of
from vireo.kinds.virtualdisk.types import (
    FILLED_ONCE,
    IMAGES_ARE_FOR_MACHINES,
    NO_SHRINKING,
    VirtualDiskSpec,
    VirtualDiskStatus,
)
from vireo.kinds.virtualdisk.views import CloneSourceView, ImportSourceView, SnapshotView


def uses(meta: Meta, spec: VirtualDiskSpec, status: VirtualDiskStatus) -> frozenset[Key]:
    """What the cluster can do; who holds the disk, also when that one does not name it any more; and what it is still to be filled from.

    A disk that is being deleted is not filled any more: two that name each other can both go.
    """
    fills = is_to_be_filled(spec.source, status) and not meta.deletion_timestamp
    source = of_others(meta.namespace, spec.source) if fills else None
    return frozenset(one for one in (THE_PLATFORM, holder_key(meta.namespace, status), source) if one)


CLAIMS: Final = Watch(CLAIM, ClaimView, parent=VIRTUAL_DISK, owner=disk_of, by_name=True, label=LABEL_DISK)
SNAPSHOTS: Final = Watch(
    SNAPSHOT, SnapshotView, parent=VIRTUAL_DISK, owner=disk_of_snapshot, by_name=True, label=LABEL_DISK
)

ADMISSION: Final = Admission(
    why_not=why_not,
    looks_at=frozenset({PLATFORM, CLAIM}),
    warns=frozenset(
        {
            Reason.BINDING_UNSUPPORTED,
            Reason.CLAIM_RETAINED,
            Reason.DATASTORE_MISSING,
            Reason.FOREIGN_OBJECT,
            Reason.IMPORT_MISSING,
        }
    ),
    refuses={
        Reason.DATASTORE_FIXED: "spec.datastore",
        Reason.EXPANSION_UNSUPPORTED: "spec.size",
        Reason.SHRINK_UNSUPPORTED: "spec.size",
    },
)

KIND: Final = Kind(
    resource=VIRTUAL_DISK,
    singular="virtualdisk",
    short_names=("vdisk",),
    description="A disk with data that outlives the objects that use it. It lies on a datastore, can grow while it is used, and is "
    "attached by one machine at a time.",
    spec=VirtualDiskSpec,
    status=VirtualDiskStatus,
    rules=(NO_SHRINKING, FILLED_ONCE, IMAGES_ARE_FOR_MACHINES),
    admission=ADMISSION,
    longest_name=63,
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether it is as the spec asks."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why, as one word."),
        Column("Filled", "integer", ".status.filling.progress", "How much of its first content is there, in percent."),
        Column("Capacity", "string", ".status.capacity", "How large it is."),
        Column("Datastore", "string", ".status.datastore", "The StorageClass that it lies on."),
        Column("HeldBy", "string", ".status.heldBy.name", "The one that may attach it."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column("Claim", "string", ".status.claim", "The PersistentVolumeClaim to mount.", wide=True),
        Column("Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, as a sentence.", wide=True),
    ),
    watches=(
        CLAIMS,
        Watch(IMPORT_SOURCE, ImportSourceView, parent=VIRTUAL_DISK, owner=controlled(VIRTUAL_DISK)),
        Watch(CLONE_SOURCE, CloneSourceView, parent=VIRTUAL_DISK, owner=controlled(VIRTUAL_DISK)),
        SNAPSHOTS,
    ),
    uses=uses,
    desired=desired,
    status_of=status_of,
    puzzles=puzzles,
    ready_when="kubectl wait virtualdisk.vireo.dev/NAME --for=condition=Ready",
)
