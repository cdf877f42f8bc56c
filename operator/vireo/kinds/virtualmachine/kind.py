"""VirtualMachine: names, columns and what is read for it."""

from typing import Any, Final

from vireo.api.kind import Admission, Column, Kind, Watch
from vireo.api.names import API_VERSION
from vireo.api.objects import Live, Meta
from vireo.api.reasons import Reason
from vireo.api.resources import (
    CLUSTER_INSTANCE_TYPE,
    CLUSTER_PREFERENCE,
    INSTANCE_TYPE,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    NAMESPACE,
    NODE,
    PLATFORM,
    POD,
    PREFERENCE,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    Key,
)
from vireo.kinds.cluster import NamespaceView, NodeView, node_key
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.pods import PodView
from vireo.kinds.virtualmachine.attached import lets_go, named_disks
from vireo.kinds.virtualmachine.checks import instance_type, preference, secret, why_not
from vireo.kinds.virtualmachine.desired import desired
from vireo.kinds.virtualmachine.figures import ended
from vireo.kinds.virtualmachine.status import status_of
from vireo.kinds.virtualmachine.troubles import puzzles
from vireo.kinds.virtualmachine.types import ONE_USE, VirtualMachineSpec, VirtualMachineStatus
from vireo.kinds.virtualmachine.views import InstanceTypeView, InstanceView, MachineView, PreferenceView
from vireo.kinds.virtualswitch.use import switch_keys


def uses(meta: Meta, spec: VirtualMachineSpec, status: VirtualMachineStatus) -> frozenset[Key]:
    """What the spec names; the disks and switches that are attached still; and what has the machine's name at KubeVirt, whoever made it."""
    namespace = meta.namespace
    disks = {disk for _, disk in named_disks(spec)} | {one.disk for one in status.disks}
    switches = {one.switch for one in spec.networks} | {one.switch for one in status.networks}
    named = (secret(namespace, spec), instance_type(namespace, spec), preference(namespace, spec))
    return frozenset(
        {
            THE_PLATFORM,
            Key(KUBEVIRT_MACHINE, namespace, meta.name),
            Key(KUBEVIRT_INSTANCE, namespace, meta.name),
            *(Key(VIRTUAL_DISK, namespace, disk) for disk in disks),
            *switch_keys(namespace, switches),
            *(key for key in named if key),
            *([node_key(spec.placement.host)] if spec.placement.host else []),
        }
    )


def _machine_of(live: Live[Any]) -> Key | None:
    """KubeVirt's machine has the name of the one that owns it, the instance has that of its machine, and owns its pods."""
    owner = live.meta.controller
    ours = (API_VERSION, VIRTUAL_MACHINE.kind)
    if owner is None or (live.resource == KUBEVIRT_MACHINE and (owner.api_version, owner.kind) != ours):
        return None
    return Key(VIRTUAL_MACHINE, live.meta.namespace, owner.name)


LAUNCHERS: Final = Watch(POD, PodView, parent=VIRTUAL_MACHINE, owner=_machine_of, selector="kubevirt.io=virt-launcher")
INSTANCES: Final = Watch(KUBEVIRT_INSTANCE, InstanceView, parent=VIRTUAL_MACHINE, owner=_machine_of, namesake=True)
"""Shared with the kinds that act on machines: a resource has one projection."""

ADMISSION: Final = Admission(
    why_not=why_not,
    looks_at=frozenset({NODE, PLATFORM, VIRTUAL_DISK}),
    warns=frozenset(
        {
            Reason.DISK_CONTENT_MISMATCH,
            Reason.DISK_IN_USE,
            Reason.HOST_MISSING,
            Reason.KUBEVIRT_MISSING,
            Reason.KUBEVIRT_TOO_OLD,
        }
    ),
)

KIND: Final = Kind(
    resource=VIRTUAL_MACHINE,
    singular="virtualmachine",
    short_names=("vvm",),
    description="A virtual machine: a guest with its hardware, its disks and its power state. It runs as one machine of KubeVirt "
    "of the same name.",
    spec=VirtualMachineSpec,
    status=VirtualMachineStatus,
    rules=(ONE_USE,),
    admission=ADMISSION,
    longest_name=63,
    columns=(
        Column("Phase", "string", ".status.phase", "What the machine does."),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether it is as the spec asks."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why, as one word."),
        Column("Since", "date", '.status.conditions[?(@.type=="Ready")].lastTransitionTime', "Since when it is so."),
        Column("Host", "string", ".status.host", "The node that it runs on."),
        Column("Address", "string", ".status.addresses[0].ip", "Its first address."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column("Guest", "string", ".status.guest.os", "Its operating system.", wide=True),
        Column("Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, as a sentence.", wide=True),
    ),
    watches=(
        Watch(KUBEVIRT_MACHINE, MachineView, parent=VIRTUAL_MACHINE, owner=_machine_of, namesake=True),
        INSTANCES,
        LAUNCHERS,
        Watch(INSTANCE_TYPE, InstanceTypeView),
        Watch(CLUSTER_INSTANCE_TYPE, InstanceTypeView),
        Watch(PREFERENCE, PreferenceView),
        Watch(CLUSTER_PREFERENCE, PreferenceView),
        Watch(NODE, NodeView),
        Watch(NAMESPACE, NamespaceView),
    ),
    uses=uses,
    desired=desired,
    status_of=status_of,
    lets_go=lets_go,
    puzzles=puzzles,
    ended=ended,
    ready_when="kubectl wait virtualmachine.vireo.dev/NAME --for=condition=Ready",
)
