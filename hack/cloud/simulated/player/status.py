"""What virt-handler says of an instance whose domain it sees: interfaces, volumes, conditions, in KubeVirt's own words."""

import zlib
from collections.abc import Callable

from cloud.simulated.player import guest
from cloud.simulated.player.domain import Domain
from cloud.simulated.player.instance import (
    Json,
    condition,
    disks,
    interfaces,
    remove_condition,
    set_condition,
    stamp,
    targets,
    volumes,
)

CLOUD_INIT_BYTES = 1048576  # of the image that virt-launcher makes of a cloud-init volume
ISO_SOURCES = (
    "cloudInitNoCloud", "cloudInitConfigDrive", "configMap", "downwardAPI", "secret", "serviceAccount", "sysprep",
)  # fmt: skip
MACHINE_TYPES = {"q35": "pc-q35-10.0", "pc": "pc-i440fx-10.0"}
POD_NETWORK_ERROR = (
    "cannot migrate VMI which does not use masquerade or a migratable plugin to connect to the pod network"
)
CLAIM_ERROR = "live migration requires that all PVCs must be shared (using ReadWriteMany access mode)"


def describe_prepared(vmi: Json) -> None:
    """What is said of an instance as soon as it is handed over: how it could migrate, and its images."""
    vmi["status"]["selinuxContext"] = "none"
    _describe_checksums(vmi)
    describe_migratability(vmi)


def describe_running(vmi: Json, domain: Domain, pod_ip: str, now: float) -> None:
    """What is said of an instance whose domain runs: it follows from the domain alone, so saying it again changes nothing."""
    status, agent = vmi["status"], domain.agent(now)
    machine_type = vmi["spec"]["domain"].get("machine", {}).get("type", "q35")
    status["machine"] = {"type": MACHINE_TYPES.get(machine_type, machine_type)}
    if agent:
        status["guestOSInfo"] = guest.OS
    _describe_freeze(status, domain.frozen(now))
    status["interfaces"] = _interfaces(vmi, pod_ip, agent)
    _describe_volumes(vmi)
    describe_migratability(vmi)
    _describe_agent(vmi, agent, now)
    _describe_pause(vmi, domain.paused, now)


def _describe_freeze(status: Json, frozen: bool) -> None:
    if frozen:
        status["fsFreezeStatus"] = "frozen"
    else:
        status.pop("fsFreezeStatus", None)


def _interfaces(vmi: Json, pod_ip: str, agent: bool) -> list[Json]:
    """One entry an interface, the pod network's first; what virt-controller said of it is kept."""
    known = {entry.get("name"): entry for entry in vmi["status"].get("interfaces", [])}
    names = guest.interface_names(vmi)
    on_pod_network = {network["name"] for network in vmi["spec"].get("networks", []) if "pod" in network}
    found = []
    for interface in interfaces(vmi):
        name = interface["name"]
        before = known.get(name, {})
        multus = ["multus-status"] if "multus-status" in before.get("infoSource", "") else []
        entry = {key: before[key] for key in ("name", "podInterfaceName") if key in before} | {
            "name": name,
            "mac": guest.mac(vmi, interface),
            "infoSource": ", ".join(["domain", *["guest-agent"] * agent, *multus]),
            "linkState": interface.get("state") or "up",
            "queueCount": 1,
        }
        if agent:
            entry["interfaceName"] = names[name]
        if name in on_pod_network and pod_ip:
            entry |= {"ipAddress": pod_ip, "ipAddresses": [pod_ip]}
        found.append(entry)
    return sorted(found, key=lambda entry: entry["name"] not in on_pod_network)


def _describe_volumes(vmi: Json) -> None:
    """Device names, sizes of made images, and the way of a volume that is plugged in or out."""
    names, known = dict(targets(vmi)), volumes(vmi)
    for entry in vmi["status"].get("volumeStatus", []):
        name = entry["name"]
        if "hotplugVolume" in entry:
            _describe_hotplug(entry, names.get(name, ""), in_spec=name in known)
        else:
            entry["target"] = names.get(name, "")
        if any(source in known.get(name, {}) for source in ISO_SOURCES):
            entry["size"] = CLOUD_INIT_BYTES


def _describe_hotplug(entry: Json, target: str, in_spec: bool) -> None:
    name = entry["name"]
    if not in_spec:
        entry["target"] = ""
        if entry.get("phase") in ("Ready", "MountedToPod", "AttachedToNode"):
            message = f"Volume {name} has been unmounted from virt-launcher pod"
            entry |= {"phase": "UnMountedFromPod", "message": message, "reason": "VolumeUnMountedFromPod"}
    elif entry.get("phase") == "MountedToPod":
        message = f"Successfully attach hotplugged volume {name} to VM"
        entry |= {"target": target, "phase": "Ready", "message": message, "reason": "VolumeReady"}
    elif entry.get("phase") in ("Bound", "Pending", "AttachedToNode") and entry["hotplugVolume"].get("attachPodUID"):
        message = f"Volume {name} has been mounted in virt-launcher pod"
        entry |= {"phase": "MountedToPod", "message": message, "reason": "VolumeMountedToPod"}


def _describe_checksums(vmi: Json) -> None:
    """A container disk's CRC-32, here of its name: there is no content. Below 2^31, since the CRD says int32."""
    known = volumes(vmi)
    for entry in vmi["status"].get("volumeStatus", []):
        if image := known.get(entry["name"], {}).get("containerDisk", {}).get("image"):
            entry["containerDiskVolume"] = {"checksum": zlib.crc32(image.encode()) & 0x7FFFFFFF}


def describe_migratability(vmi: Json) -> None:
    """The conditions LiveMigratable and StorageLiveMigratable, and the method that a migration would use."""
    device = "VMI uses a PCI host devices" if _has_host_device(vmi) else ""
    reasons: list[tuple[str, Callable[[Json], str]]] = [
        ("InterfaceNotLiveMigratable", _why_interface_stays),
        ("HostDeviceNotLiveMigratable", lambda _: device),
    ]
    machine = [(reason, message) for reason, why in reasons if (message := why(vmi))]
    if claim := _unshared_claim(vmi):
        disk = [("DisksNotLiveMigratable", f"cannot migrate VMI: PVC {claim} is not shared, {CLAIM_ERROR}")]
    else:
        disk = []
    first = next(iter([*machine, *disk]), None)
    set_condition(vmi, _migratable("LiveMigratable", first))
    together = ", ".join(f"{reason}: {message}" for reason, message in machine)
    set_condition(vmi, _migratable("StorageLiveMigratable", ("NotMigratable", together) if machine else None))
    vmi["status"]["migrationMethod"] = "BlockMigration" if claim or _has_local_disk(vmi) else "LiveMigration"


def _migratable(kind: str, why_not: tuple[str, str] | None) -> Json:
    """Unlike other conditions these carry no times: null, as Go writes a zero time."""
    base = {"type": kind, "lastProbeTime": None, "lastTransitionTime": None}
    if why_not is None:
        return base | {"status": "True"}
    return base | {"status": "False", "reason": why_not[0], "message": why_not[1]}


def _why_interface_stays(vmi: Json) -> str:
    pod_networks = [network["name"] for network in vmi["spec"].get("networks", []) if "pod" in network]
    for interface in interfaces(vmi):
        if interface["name"] in pod_networks and not {"masquerade", "passtBinding", "binding"} & interface.keys():
            return POD_NETWORK_ERROR
    return ""


def _has_host_device(vmi: Json) -> bool:
    devices = vmi["spec"]["domain"]["devices"]
    return bool(devices.get("hostDevices") or devices.get("gpus"))


def _unshared_claim(vmi: Json) -> str:
    """The first claim that only one node may write, unless it is being replaced by this very migration."""
    moving = {entry.get("volumeName") for entry in vmi["status"].get("migratedVolumes", [])}
    for entry in vmi["status"].get("volumeStatus", []):
        claim = entry.get("persistentVolumeClaimInfo")
        if claim and "ReadWriteMany" not in claim.get("accessModes", []) and entry["name"] not in moving:
            return str(claim["claimName"])
    return ""


def _has_local_disk(vmi: Json) -> bool:
    """True if a writable disk lies neither on a claim nor on a shared folder of the host."""
    read_only = {disk["name"] for disk in disks(vmi) if disk.get("cdrom", {"readonly": False}).get("readonly", True)}
    shared = {"persistentVolumeClaim", "dataVolume", "hostDisk"}
    local = {name for name, volume in volumes(vmi).items() if not shared & volume.keys()}
    return bool(local - read_only) or bool(vmi["status"].get("migratedVolumes"))


def _describe_agent(vmi: Json, agent: bool, now: float) -> None:
    if not agent:
        remove_condition(vmi, "AgentConnected")
    elif condition(vmi, "AgentConnected") is None:
        connected = {"type": "AgentConnected", "status": "True"}
        set_condition(vmi, connected | {"lastProbeTime": stamp(now), "lastTransitionTime": None})


def _describe_pause(vmi: Json, paused: bool, now: float) -> None:
    if not paused:
        remove_condition(vmi, "Paused")
    elif condition(vmi, "Paused") is None:
        why = {"reason": "PausedByUser", "message": "VMI was paused by user"}
        times = {"lastProbeTime": stamp(now), "lastTransitionTime": stamp(now)}
        set_condition(vmi, {"type": "Paused", "status": "True"} | why | times)
