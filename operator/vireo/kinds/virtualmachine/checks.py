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
    VIRTUAL_MACHINE,
    Key,
    Resource,
)
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.types import PlatformStatus
from vireo.kinds.virtualdisk.types import VirtualDiskStatus
from vireo.kinds.virtualmachine.attached import disk_key, disk_status, named_disks
from vireo.kinds.virtualmachine.networks import has_port, namespace, switch, switch_key
from vireo.kinds.virtualmachine.power import Machine, made, twin
from vireo.kinds.virtualmachine.types import Network, VirtualMachineSpec
from vireo.kinds.virtualswitch.ports import port_group
from vireo.kinds.virtualswitch.selector import may_use
from vireo.kinds.virtualswitch.types import VirtualSwitchSpec, VirtualSwitchStatus

Check = Callable[[Machine], Finding | None]
NetworkCheck = Callable[[Machine, Network], Finding | None]
DiskCheck = Callable[[Machine, str, VirtualDiskStatus], Finding | None]

NAMED_AT_MOST: Final = 8
"""How many objects a message lists."""

INSTANCE_TYPES: Final[dict[str, Resource]] = {"Cluster": CLUSTER_INSTANCE_TYPE, "Namespaced": INSTANCE_TYPE}
PREFERENCES: Final[dict[str, Resource]] = {"Cluster": CLUSTER_PREFERENCE, "Namespaced": PREFERENCE}


def why_not(machine: Machine) -> Finding | None:
    """The first reason why the machine can not be made, changed or started now."""
    return next((finding for check in CHAIN if (finding := check(machine))), None)


def platform(machine: Machine) -> PlatformStatus | None:
    """What the cluster can do; None until it was looked at."""
    live = machine.uses.get(THE_PLATFORM)
    return live.view.status if live and live.view.status.observed_generation else None


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
    """The first disk, in the order of the spec, that can not be attached."""
    found = (_disk(machine, disk) for _, disk in named_disks(machine.spec))
    return next((finding for finding in found if finding), None)


def _disk(machine: Machine, disk: str) -> Finding | None:
    status = disk_status(machine, disk)
    if status is None:
        return Finding(
            Reason.DISK_MISSING, f"{disk_key(machine, disk)} does not exist. Make it, or name another one in the spec."
        )
    return next((finding for check in DISK_CHAIN if (finding := check(machine, disk, status))), None)


def disk_content_mismatch(machine: Machine, disk: str, _: VirtualDiskStatus) -> Finding | None:
    live = machine.uses[disk_key(machine, disk)]
    if live is None or live.view.invalid or live.view.spec.content == "MachineImage":
        return None
    return Finding(
        Reason.DISK_CONTENT_MISMATCH,
        f"{live.key} has spec.content {live.view.spec.content}, which a container mounts. Name a disk with MachineImage.",
    )


def disk_in_use(machine: Machine, disk: str, status: VirtualDiskStatus) -> Finding | None:
    """Two machines on one volume would destroy its data: only the holder attaches it."""
    holder = status.held_by
    if holder is None or (holder.kind, holder.uid) == (VIRTUAL_MACHINE.kind, machine.meta.uid):
        return None
    return Finding(
        Reason.DISK_IN_USE,
        f"{disk_key(machine, disk)} is held by {holder.kind} {holder.name}. It comes here when that one neither names it nor has it "
        "attached; or name another disk.",
    )


def disk_not_ready(machine: Machine, disk: str, status: VirtualDiskStatus) -> Finding | None:
    if status.claim and status.held_by and not status.held_by.released:
        return None
    ready = condition(status.conditions, READY)
    words = f": {ready.message}" if ready and not status.claim else "."
    return Finding(Reason.DISK_NOT_READY, f"{disk_key(machine, disk)} can not be attached yet{words}")


def network_not_usable(machine: Machine) -> Finding | None:
    """The first network, in the order of the spec, that can not be attached."""
    found = (_network(machine, one) for one in machine.spec.networks)
    return next((finding for finding in found if finding), None)


def _network(machine: Machine, network: Network) -> Finding | None:
    if switch(machine, network) is None:
        return Finding(
            Reason.SWITCH_MISSING,
            f"{switch_key(network)} does not exist. Make it, or name another one in spec.networks (kubectl get virtualswitches).",
        )
    return next((finding for check in NETWORK_CHAIN if (finding := check(machine, network))), None)


def port_group_missing(machine: Machine, network: Network) -> Finding | None:
    spec, _ = _known_switch(machine, network)
    if port_group(spec, network.port_group):
        return None
    names = ", ".join(sorted(one.name for one in spec.port_groups)[:NAMED_AT_MOST]) or "none"
    return Finding(
        Reason.PORT_GROUP_MISSING,
        f"{switch_key(network)} has no port group {network.port_group}. Make it there, or name one that it has: {names}.",
    )


def port_group_not_allowed(machine: Machine, network: Network) -> Finding | None:
    """Who has the port keeps it, whatever is allowed by now."""
    spec, _ = _known_switch(machine, network)
    group, here = port_group(spec, network.port_group), namespace(machine)
    if group is None or here is None or has_port(machine, network) or may_use(group, here.meta.labels):
        return None
    return Finding(
        Reason.PORT_GROUP_NOT_ALLOWED,
        f"Namespace {machine.key.namespace} may not use port group {group.name} of {switch_key(network)}. Name one that it may use, or "
        "have the switch's administrator let it: spec.portGroups[].namespaces there selects namespaces by their labels.",
    )


def too_many_ports(machine: Machine, network: Network) -> Finding | None:
    spec, _ = _known_switch(machine, network)
    named = sum(one.switch == network.switch for one in machine.spec.networks)
    if named <= spec.nics_per_machine:
        return None
    return Finding(
        Reason.TOO_MANY_PORTS,
        f"The machine names {named} ports of {switch_key(network)}, which gives a machine at most {spec.nics_per_machine} "
        "(spec.nicsPerMachine there). Take some out of spec.networks.",
    )


def no_free_port(machine: Machine, network: Network) -> Finding | None:
    """Ports are given out by the switch alone, in the order in which they are asked for."""
    if has_port(machine, network):
        return None
    spec, status = _known_switch(machine, network)
    group = next((one for one in status.port_groups if one.name == network.port_group), None)
    if group is None or (group.used < group.ports and status.used < spec.ports):
        return Finding(Reason.RECONCILING, f"{switch_key(network)} has yet to give the machine its port.")
    where, used, most = (
        (f"Port group {group.name} of {switch_key(network)}", group.used, group.ports)
        if group.used >= group.ports
        else (str(switch_key(network)), status.used, spec.ports)
    )
    return Finding(
        Reason.NO_FREE_PORT,
        f"{where} has given out {used} of {most} ports. The machine gets the next that comes free; or raise spec.ports there, or name "
        "another port group.",
    )


def _known_switch(machine: Machine, network: Network) -> tuple[VirtualSwitchSpec, VirtualSwitchStatus]:
    found = switch(machine, network)
    assert found is not None, "the chain begins with a switch that exists"
    return found


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


NETWORK_CHAIN: Final[tuple[NetworkCheck, ...]] = (
    port_group_missing,
    port_group_not_allowed,
    too_many_ports,
    no_free_port,
)
DISK_CHAIN: Final[tuple[DiskCheck, ...]] = (disk_content_mismatch, disk_in_use, disk_not_ready)

CHAIN: Final[tuple[Check, ...]] = (
    platform_not_ready,
    disk_not_usable,
    network_not_usable,
    secret_missing,
    instance_type_missing,
    preference_missing,
    instance_type_expanded,
)
