"""Reading and changing a VirtualMachineInstance as decoded JSON: conditions, times, the names that KubeVirt gives things."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cloud.simulated.quantities import in_bytes

Json = dict[str, Any]

NODE = "kubevirt.io/nodeName"
TARGET_NODE = "kubevirt.io/migrationTargetNodeName"


def stamp(seconds: float) -> str:
    """Seconds since 1970 as the API writes times: whole seconds, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    """The opposite of `stamp`."""
    return datetime.fromisoformat(text).timestamp()


def key_of(item: Json) -> str:
    """NAMESPACE/NAME."""
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def uid_of(item: Json) -> str:
    """The object's UID."""
    return str(item["metadata"]["uid"])


def node_of(vmi: Json) -> str:
    """The node that owns the instance, empty before it is scheduled."""
    return str(vmi["metadata"].get("labels", {}).get(NODE) or vmi["status"].get("nodeName", ""))


def target_of(vmi: Json) -> str:
    """The node that is asked to take the instance over, empty if none is."""
    return str(vmi["metadata"].get("labels", {}).get(TARGET_NODE, ""))


def phase_of(vmi: Json) -> str:
    """Pending, Scheduling, Scheduled, Running, Succeeded or Failed."""
    return str(vmi.get("status", {}).get("phase", ""))


def is_final(vmi: Json) -> bool:
    """True when the instance will never run again."""
    return phase_of(vmi) in ("Succeeded", "Failed")


def set_phase(vmi: Json, phase: str, now: float) -> None:
    """Changes the phase and notes when."""
    status = vmi["status"]
    status["phase"] = phase
    entry = {"phase": phase, "phaseTransitionTimestamp": stamp(now)}
    status["phaseTransitionTimestamps"] = [*status.get("phaseTransitionTimestamps", []), entry]


def since(vmi: Json, phase: str) -> float | None:
    """When the instance came into that phase, None if it never did."""
    for entry in reversed(vmi["status"].get("phaseTransitionTimestamps", [])):
        if entry["phase"] == phase:
            return seconds_of(entry["phaseTransitionTimestamp"])
    return None


def condition(vmi: Json, kind: str) -> Json | None:
    """The condition of that type."""
    return next((found for found in vmi["status"].get("conditions", []) if found["type"] == kind), None)


def set_condition(vmi: Json, wanted: Json) -> None:
    """Makes the condition of its type be this one; a condition that says the same is left where it is."""
    if condition(vmi, wanted["type"]) != wanted:
        remove_condition(vmi, wanted["type"])
        vmi["status"].setdefault("conditions", []).append(wanted)


def remove_condition(vmi: Json, kind: str) -> None:
    """Removes the condition of that type."""
    conditions = vmi["status"].get("conditions", [])
    vmi["status"]["conditions"] = [found for found in conditions if found["type"] != kind]


def disks(vmi: Json) -> list[Json]:
    """The disks of the machine's devices."""
    found: list[Json] = vmi["spec"]["domain"]["devices"].get("disks", [])
    return found


def interfaces(vmi: Json) -> list[Json]:
    """The network interfaces of the machine's devices."""
    found: list[Json] = vmi["spec"]["domain"]["devices"].get("interfaces", [])
    return found


def volumes(vmi: Json) -> dict[str, Json]:
    """The volumes by name."""
    return {volume["name"]: volume for volume in vmi["spec"].get("volumes", [])}


def image_of(vmi: Json) -> str:
    """The image that the machine boots from; machines that boot from a claim count as one image."""
    images = [volume["containerDisk"]["image"] for volume in volumes(vmi).values() if "containerDisk" in volume]
    return images[0] if images else "claim"


def processors_of(vmi: Json) -> int:
    """The processors that the machine sees."""
    cpu: Json = vmi["spec"]["domain"].get("cpu", {})
    return math.prod(int(cpu.get(part, 1)) for part in ("sockets", "cores", "threads"))


def memory_of(vmi: Json) -> int:
    """The memory that the machine sees, in bytes."""
    return in_bytes(vmi["spec"]["domain"].get("memory", {}).get("guest", "1Gi"))


def targets(vmi: Json) -> Iterator[tuple[str, str]]:
    """Each disk's name and the device name that the guest gives it: vda, vdb, ... on virtio, else sda, sdb, ..."""
    count: dict[str, int] = {}
    for disk in disks(vmi):
        device: Json = next((disk[kind] for kind in ("disk", "cdrom", "lun") if kind in disk), {})
        prefix = "vd" if device.get("bus") == "virtio" else "sd"
        count[prefix] = count.get(prefix, -1) + 1
        yield disk["name"], prefix + _letters(count[prefix])


def _letters(number: int) -> str:
    """0 is a, 25 is z, 26 is aa."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)
