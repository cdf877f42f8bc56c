"""ContainerWorkload: names, columns and what is read for it."""

from typing import Any, Final

from vireo.api.kind import Admission, Column, Kind, Watch, controlled
from vireo.api.names import LABEL_MANAGED, LABEL_WORKLOAD
from vireo.api.objects import Live, Meta
from vireo.api.reasons import Reason
from vireo.api.resources import (
    CONTAINER_WORKLOAD,
    NAMESPACE,
    PLATFORM,
    POD,
    REPLICA_SET,
    SERVICE,
    VIRTUAL_DISK,
    Key,
)
from vireo.kinds.cluster import NamespaceView
from vireo.kinds.containerworkload.attached import lets_go
from vireo.kinds.containerworkload.checks import predecessor_key, why_not
from vireo.kinds.containerworkload.desired import desired
from vireo.kinds.containerworkload.made import CONTROLLERS, ended
from vireo.kinds.containerworkload.rules import RULES
from vireo.kinds.containerworkload.status import status_of
from vireo.kinds.containerworkload.troubles import puzzles
from vireo.kinds.containerworkload.types import ContainerWorkloadSpec, ContainerWorkloadStatus
from vireo.kinds.containerworkload.views import ControllerView, ServiceView
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.pods import PodView
from vireo.kinds.virtualswitch.use import switch_keys

OURS: Final = f"{LABEL_MANAGED}={CONTAINER_WORKLOAD.kind.lower()}"
"""What is on all that is made for workloads, and on what is made of that."""
OWNER: Final = controlled(CONTAINER_WORKLOAD)
STATEFUL_NAME_AT_MOST: Final = 52
"""A StatefulSet's pods carry its name with a hash behind it in a label."""


def uses(meta: Meta, spec: ContainerWorkloadSpec, status: ContainerWorkloadStatus) -> frozenset[Key]:
    """What the spec names, as long as it is to run; and the disks and switches that are attached still."""
    named = None if ended(status) else spec
    disks = {one.disk for one in (named.disks if named else ())} | {one.disk for one in status.disks}
    switches = {one.switch for one in (named.networks if named else ())} | {one.switch for one in status.networks}
    return frozenset(
        {
            *([THE_PLATFORM] if disks else []),
            *(Key(VIRTUAL_DISK, meta.namespace, disk) for disk in disks),
            *switch_keys(meta.namespace, switches),
            *(predecessor_key(meta.namespace, one) for one in (named.startup.after if named else ())),
        }
    )


def _by_label(live: Live[Any]) -> Key | None:
    """What was made of that carries the workload's name, also when what it was made of is gone."""
    name = live.meta.labels.get(LABEL_WORKLOAD)
    return Key(CONTAINER_WORKLOAD, live.meta.namespace, name) if name else None


ADMISSION: Final = Admission(
    why_not=why_not,
    looks_at=frozenset({PLATFORM, VIRTUAL_DISK}),
    warns=frozenset({Reason.DISK_IN_USE, Reason.DISK_NOT_SHARED}),
    refuses={Reason.DISK_CONTENT_MISMATCH: "spec.disks"},
)

KIND: Final = Kind(
    resource=CONTAINER_WORKLOAD,
    singular="containerworkload",
    short_names=("cw",),
    description="Containers that are kept running, or run to their end, with ports of switches and disks beside what Kubernetes gives "
    "them. They run as a Deployment, StatefulSet or Job of the same name.",
    spec=ContainerWorkloadSpec,
    status=ContainerWorkloadStatus,
    rules=RULES,
    admission=ADMISSION,
    scales=True,
    longest_name=STATEFUL_NAME_AT_MOST,
    columns=(
        Column("Workload", "string", ".spec.workload", "What it is."),
        Column("Phase", "string", ".status.phase", "What it does."),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether it is as the spec asks."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why, as one word."),
        Column("Since", "date", '.status.conditions[?(@.type=="Ready")].lastTransitionTime', "Since when it is so."),
        Column("Pods", "integer", ".status.ready", "How many pods are ready."),
        Column("Wanted", "integer", ".spec.replicas", "How many there should be."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column("Image", "string", ".spec.image", "The image of the container.", wide=True),
        Column("Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, as a sentence.", wide=True),
    ),
    watches=(
        *(
            Watch(one, ControllerView, parent=CONTAINER_WORKLOAD, owner=OWNER, selector=OURS, namesake=True)
            for one in CONTROLLERS.values()
        ),
        Watch(SERVICE, ServiceView, parent=CONTAINER_WORKLOAD, owner=OWNER, selector=OURS, namesake=True),
        Watch(REPLICA_SET, ControllerView, parent=CONTAINER_WORKLOAD, owner=_by_label, selector=OURS, by_name=True),
        Watch(POD, PodView, parent=CONTAINER_WORKLOAD, owner=_by_label, selector=OURS, by_name=True),
        Watch(NAMESPACE, NamespaceView),
    ),
    uses=uses,
    desired=desired,
    status_of=status_of,
    lets_go=lets_go,
    puzzles=puzzles,
    heeds_users=False,
    ready_when="kubectl wait containerworkload.vireo.dev/NAME --for=condition=Ready",
)
