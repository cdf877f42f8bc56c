"""VirtualMachine: why it can not be made, changed or started now, as an ordered chain. The first finding is what is said.

None of it stands in the way of stopping, pausing or deleting: that needs nothing that the spec names.
"""

from collections.abc import Callable
from typing import Final

from vireo.api.conditions import READY, Finding, condition
from vireo.api.reasons import Reason
from vireo.api.resources import (
    CLUSTER_INSTANCE_TYPE,
    CLUSTER_PREFERENCE,
    INSTANCE_TYPE,
    PREFERENCE,
    SECRET,
    Key,
    Resource,
)
from vireo.kinds.cluster import node_key
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk import use as disks
from vireo.kinds.virtualmachine.attached import named_disks
from vireo.kinds.virtualmachine.power import Machine, made, twin
from vireo.kinds.virtualmachine.types import VirtualMachineSpec
from vireo.kinds.virtualswitch.use import network_not_usable

Check = Callable[[Machine], Finding | None]

INSTANCE_TYPES: Final[dict[str, Resource]] = {"Cluster": CLUSTER_INSTANCE_TYPE, "Namespaced": INSTANCE_TYPE}
PREFERENCES: Final[dict[str, Resource]] = {"Cluster": CLUSTER_PREFERENCE, "Namespaced": PREFERENCE}


def why_not(machine: Machine) -> Finding | None:
    """The first reason why the machine can not be made, changed or started now."""
    return next((finding for check in CHAIN if (finding := check(machine))), None)


def platform_not_ready(machine: Machine) -> Finding | None:
    known = platform(machine)
    if known is None:
        return Finding(
            Reason.RECONCILING, f"{THE_PLATFORM} has not been looked at yet; the machine is made as soon as it was."
        )
    ready = condition(known.conditions, READY)
    if ready is None or ready.status == "True":
        return None
    reason = next((one for one in Reason if one == ready.reason), Reason.KUBEVIRT_MISSING)
    return Finding(reason, ready.message)


def disk_not_usable(machine: Machine) -> Finding | None:
    return disks.disk_not_usable(machine, (disk for _, disk in named_disks(machine.spec)), "MachineImage")


def secret_missing(machine: Machine) -> Finding | None:
    key = secret(machine.key.namespace, machine.spec)
    if key is None or machine.uses.get(key):
        return None
    return Finding(
        Reason.SECRET_MISSING,
        f"{key} does not exist, and the machine can not start without it. Make it, or name another one in "
        "spec.initialization.cloudInitSecret.",
    )


def instance_type_missing(machine: Machine) -> Finding | None:
    key = instance_type(machine.key.namespace, machine.spec)
    if key is None or machine.uses.get(key):
        return None
    return Finding(
        Reason.INSTANCE_TYPE_MISSING,
        f"{key} does not exist. Make it, or name another one in spec.hardware.instanceType (kubectl get {key.resource}).",
    )


def preference_missing(machine: Machine) -> Finding | None:
    key = preference(machine.key.namespace, machine.spec)
    if key is None or machine.uses.get(key):
        return None
    return Finding(
        Reason.PREFERENCE_MISSING,
        f"{key} does not exist. Make it, or name another one in spec.hardware.preference (kubectl get {key.resource}).",
    )


def host_missing(machine: Machine) -> Finding | None:
    host = machine.spec.placement.host
    if host is None or machine.uses.get(node_key(host)):
        return None
    return Finding(
        Reason.HOST_MISSING,
        f"{node_key(host)} does not exist. Name another in spec.placement.host (kubectl get nodes), or none: then any that can will do.",
    )


def instance_type_expanded(machine: Machine) -> Finding | None:
    """KubeVirt writes what is named into its machine and takes the name out, and we would name it again. What still names it is left so."""
    known = platform(machine)
    part = known.component("InstanceTypes") if known else None
    if part is None or part.state == "Supported" or _has_what_it_names(machine):
        return None
    return Finding(
        Reason.INSTANCE_TYPE_EXPANDED,
        f"{twin(machine)} is left as it is, but for its power. {part.message} If it has been rewritten by then, stop this machine and "
        "delete that one; Vireo makes it anew. Or give spec.hardware.cpu and memory instead of an instance type and a preference.",
    )


def _has_what_it_names(machine: Machine) -> bool:
    """Whether KubeVirt's machine names each that the spec does."""
    hardware, live = machine.spec.hardware, made(machine)
    pairs = (
        (hardware.instance_type, live and live.view.spec.instancetype),
        (hardware.preference, live and live.view.spec.preference),
    )
    return all(has for asked, has in pairs if asked)


def secret(namespace: str, spec: VirtualMachineSpec) -> Key | None:
    """The Secret that the spec names."""
    return Key(SECRET, namespace, spec.initialization.cloud_init_secret) if spec.initialization else None


def instance_type(namespace: str, spec: VirtualMachineSpec) -> Key | None:
    """The instance type that the spec names."""
    named = spec.hardware.instance_type
    return _key(INSTANCE_TYPES[named.kind], namespace, named.name) if named else None


def preference(namespace: str, spec: VirtualMachineSpec) -> Key | None:
    """The preference that the spec names."""
    named = spec.hardware.preference
    return _key(PREFERENCES[named.kind], namespace, named.name) if named else None


def _key(resource: Resource, namespace: str, name: str) -> Key:
    return Key(resource, namespace if resource.namespaced else "", name)


CHAIN: Final[tuple[Check, ...]] = (
    platform_not_ready,
    disk_not_usable,
    network_not_usable,
    secret_missing,
    instance_type_missing,
    preference_missing,
    host_missing,
    instance_type_expanded,
)
