"""KubeVirt's machine as it should be: one builder for each of its parts.

What is not said here is KubeVirt's to choose, when the machine is made: the machine type, the architecture, the network card; and at
each start the maxima up to which cores and memory can be added (its roll-out LiveUpdate).
"""

import math
from hashlib import blake2b
from typing import Final

from vireo.api.names import LABEL_MANAGED
from vireo.api.objects import Child, Manifest
from vireo.api.resources import KUBEVIRT_MACHINE, Key
from vireo.kinds.overrides import overridden
from vireo.kinds.placement import sensitivity_annotation
from vireo.kinds.virtualdisk.use import claim_of, datastore_of
from vireo.kinds.virtualmachine.attached import named_disks
from vireo.kinds.virtualmachine.checks import instance_type, preference
from vireo.kinds.virtualmachine.placement import spread_label, where
from vireo.kinds.virtualmachine.power import Machine, namesake, strategy
from vireo.kinds.virtualmachine.types import BOOT, CLOUD_INIT, POD_NETWORK, Network
from vireo.kinds.virtualmachine.views import Domain
from vireo.kinds.virtualswitch.attachments import attachment_name
from vireo.kinds.virtualswitch.types import BRIDGE
from vireo.kinds.virtualswitch.use import switch

SERIAL_AT_MOST: Final = 20
"""What a guest sees of the serial number of a virtio disk."""


def kubevirt_machine(machine: Machine) -> Child:
    """The machine of KubeVirt. Every disk that the spec names has a claim: why_not stands before it."""
    spec = {
        "runStrategy": strategy(machine).value,
        **_matchers(machine),
        "template": overridden(_template(machine), machine.spec.hardware.overrides),
    }
    return Child(KUBEVIRT_MACHINE, {"metadata": {"name": machine.meta.name}, "spec": spec})


def _template(machine: Machine) -> Manifest:
    return {
        "metadata": _metadata(machine),
        "spec": {
            "domain": _domain(machine),
            "volumes": _volumes(machine),
            "networks": _networks(machine),
            "evictionStrategy": _eviction_strategy(machine),
            "terminationGracePeriodSeconds": math.ceil(machine.spec.grace_period.total_seconds()),
            **where(machine),
        },
    }


def _metadata(machine: Machine) -> Manifest:
    labels = {LABEL_MANAGED: machine.key.resource.kind.lower(), **spread_label(machine)}
    annotations = sensitivity_annotation(machine.spec.placement.sensitivity)
    return {"labels": labels, **({"annotations": annotations} if annotations else {})}


def _matchers(machine: Machine) -> Manifest:
    """The instance type and the preference, which KubeVirt works in at each start."""
    named = {
        "instancetype": instance_type(machine.key.namespace, machine.spec),
        "preference": preference(machine.key.namespace, machine.spec),
    }
    return {field: _matcher(key) for field, key in named.items() if key}


def _matcher(key: Key) -> Manifest:
    return {"kind": key.resource.kind, "name": key.name}


def _domain(machine: Machine) -> Manifest:
    return {
        **_cpu_and_memory(machine),
        "firmware": {"uuid": _uuid(machine)},
        "devices": {
            "disks": _disks(machine),
            "interfaces": _cards(machine),
        },
    }


def _cpu_and_memory(machine: Machine) -> Manifest:
    """Cores are sockets, since KubeVirt adds only sockets to a guest that runs. With an instance type both are its own."""
    cpu, memory = machine.spec.hardware.cpu, machine.spec.hardware.memory
    model = {"model": cpu.model} if cpu and cpu.model else {}
    return {
        **({"cpu": {"sockets": cpu.cores, "cores": 1, "threads": 1, **model}} if cpu else {}),
        **({"memory": {"guest": memory}} if memory else {}),
    }


def _uuid(machine: Machine) -> str:
    """What makes this guest itself: cloud-init takes another UUID for another machine, and begins again.

    It is kept as long as this object exists, also when KubeVirt's machine is made anew; and one that is adopted keeps its own.
    """
    return _before(machine).firmware.uuid or machine.meta.uid


def _networks(machine: Machine) -> list[Manifest]:
    """The cluster's side of each network."""
    return [
        {"name": one.name, "multus": {"networkName": attachment_name(one.switch, one.port_group)}}
        for one in machine.spec.networks
    ] or [{"name": POD_NETWORK, "pod": {}}]


def _cards(machine: Machine) -> list[Manifest]:
    """The guest's side of each network."""
    return [
        {"name": one.name, **_binding(machine, one), "macAddress": one.mac_address or _mac(machine, one.name)}
        for one in machine.spec.networks
    ] or [{"name": POD_NETWORK, "masquerade": {}, "macAddress": _mac(machine, POD_NETWORK)}]


def _binding(machine: Machine, network: Network) -> Manifest:
    found = switch(machine, network)
    assert found is not None, "why_not says that the switch exists"
    binding = found[0].machine_binding
    return {"bridge": {}} if binding == BRIDGE else {"binding": {"name": binding}}


def _mac(machine: Machine, network: str) -> str:
    """Kept as the UUID is: many guests know their network by it. Without one they would get another at each start."""
    cards = _before(machine).devices.interfaces
    of_pods = network == POD_NETWORK  # whatever it was called there
    kept = next((one.mac_address for one in cards if of_pods or one.name == network), "")
    octets = blake2b(machine.meta.uid.encode() + (b"" if of_pods else network.encode()), digest_size=5).digest()
    return kept or (b"\x02" + octets).hex(":")  # 02: given locally, for one card


def _before(machine: Machine) -> Domain:
    live = namesake(machine)
    return live.view.spec.template.spec.domain if live else Domain()


def _disks(machine: Machine) -> list[Manifest]:
    """The guest's side of each volume. Only the boot disk has an order: the others are never booted from."""
    return [
        {"name": BOOT, **_bus(machine), "bootOrder": 1},
        *({"name": one.name, **_bus(machine), "serial": one.name[:SERIAL_AT_MOST]} for one in machine.spec.disks),
        *([{"name": CLOUD_INIT, **_bus(machine)}] if machine.spec.initialization else []),
    ]


def _bus(machine: Machine) -> Manifest:
    """The fastest, unless a preference knows what the guest has drivers for."""
    return {"disk": {} if machine.spec.hardware.preference else {"bus": "virtio"}}


def _volumes(machine: Machine) -> list[Manifest]:
    """The cluster's side of each volume."""
    boot, initialization = machine.spec.boot_disk, machine.spec.initialization
    return [
        *([{"name": BOOT, "containerDisk": {"image": boot.image}}] if boot.image else []),
        *(
            {"name": name, "persistentVolumeClaim": {"claimName": claim_of(machine, disk)}}
            for name, disk in named_disks(machine.spec)
        ),
        *([_cloud_init(initialization.cloud_init_secret)] if initialization else []),
    ]


def _cloud_init(secret: str) -> Manifest:
    return {"name": CLOUD_INIT, "cloudInitNoCloud": {"secretRef": {"name": secret}}}


def _eviction_strategy(machine: Machine) -> str:
    """When its node is emptied, a machine moves while it runs. One that can not, since a disk of it is at one node at a time, must not
    keep the node from being emptied: it is shut down, and started on another; one that is pinned, when its node takes it again."""
    if machine.spec.placement.host:
        return "None"
    return (
        "LiveMigrate"
        if all(_shared(machine, disk) for _, disk in named_disks(machine.spec))
        else "LiveMigrateIfPossible"
    )


def _shared(machine: Machine, disk: str) -> bool:
    datastore = datastore_of(machine, disk)
    return datastore is not None and "ReadWriteMany" in datastore.access_modes
