"""Live migration: the handshake of the source's and the target's virt-handler, one write a step as between real ones.

target: listens ─► source: starts ─► target: sees the domain ─► (memory is copied) ─► target: it runs here
─► target: is the owner ─► target: finalizes what waited for a migration ─► target: lets go of its label
"""

import math

from cloud.simulated.player.domain import Copying, Domain
from cloud.simulated.player.durations import copy_seconds
from cloud.simulated.player.instance import (
    NODE,
    TARGET_NODE,
    Json,
    condition,
    memory_of,
    remove_condition,
    seconds_of,
    stamp,
    target_of,
)
from cloud.simulated.player.scene import Scene, Turn
from cloud.simulated.quantities import in_bytes

PORTS = {"49152": 49152, "49153": 49153, "49215": 0}  # of the target, for memory, disks and libvirt: nobody listens
TARGET_MISSING = 5.0  # seconds after the start from which a target pod that is not seen is gone, not late
GIB = 2**30


def under_way(vmi: Json) -> bool:
    """True from the hand-over to virt-handler until the target has let go of the instance's label."""
    return bool(target_of(vmi)) and vmi["status"].get("migrationState") is not None


def step(turn: Turn, domain: Domain, scene: Scene) -> None:
    """The next step of the migration, if its node answers and its time has come."""
    state = turn.vmi["status"]["migrationState"]
    target_answers, source_answers = state.get("targetNode") in scene.nodes, state.get("sourceNode") in scene.nodes
    if "endTimestamp" in state and (state.get("completed") or state.get("failed")):
        if target_answers:
            _let_go(turn.vmi)
    elif "endTimestamp" in state:
        if target_answers:
            _finalize(turn.vmi)
    elif "startTimestamp" in state:
        if source_answers and target_answers:
            _copy(turn, state, domain, scene)
    elif state.get("targetNodeAddress"):
        if source_answers:
            _start(turn, state, domain, scene)
    elif target_answers:
        _listen(turn, state, domain, scene)


def _listen(turn: Turn, state: Json, domain: Domain, scene: Scene) -> None:
    migration = state["migrationUid"]
    after = scene.durations.draw("prepare", migration, scene.now)
    listens = domain.listens_from.setdefault(migration, scene.now + after)
    if scene.now < listens:
        turn.wake_at(scene, listens)
        return
    state |= {"targetNodeAddress": scene.address, "targetDirectMigrationNodePorts": dict(PORTS)}
    said = f"Migration Target is listening at {scene.address}, on ports: {','.join(PORTS)}"
    turn.say(state["targetNode"], "PreparingTarget", "VirtualMachineInstance Migration Target Prepared.")
    turn.say(state["targetNode"], "PreparingTarget", said)


def _start(turn: Turn, state: Json, domain: Domain, scene: Scene) -> None:
    domain.copying = plan_copy(turn.vmi, scene, scene.now)
    state |= {"startTimestamp": stamp(scene.now), "mode": "PreCopy"}
    turn.say(state["sourceNode"], "Migrating", "VirtualMachineInstance is migrating.")


def plan_copy(vmi: Json, scene: Scene, started: float) -> Copying:
    """How long the memory of this machine takes to copy, or after how long KubeVirt gives up."""
    state, durations = vmi["status"]["migrationState"], scene.durations
    configuration = state.get("migrationConfiguration", {})
    size = memory_of(vmi)
    memory = scene.load.memory if scene.load else size * durations.memory_in_use
    asked = scene.load.dirty_rate if scene.load else None
    dirty_rate = memory * durations.dirty_rate if asked is None else asked
    limit = in_bytes(str(configuration.get("bandwidthPerMigration", 0))) or math.inf
    speed = min(durations.bandwidth / scene.sharing, limit)
    migration = state["migrationUid"]
    seconds = copy_seconds(memory, dirty_rate, speed) * durations.draw("copy", migration, started)
    patience = configuration.get("completionTimeoutPerGiB", 150) * max(1, math.ceil(size / GIB))
    source, target = state["sourceNode"], state["targetNode"]
    if seconds > patience:
        why = f"Live migration is not completed after {patience} seconds and has been aborted"
        return Copying(migration, source, target, started + patience, why)
    return Copying(migration, source, target, started + seconds + durations.draw("switch", migration, started))


def _copy(turn: Turn, state: Json, domain: Domain, scene: Scene) -> None:
    started = seconds_of(state["startTimestamp"])
    if domain.copying is None or domain.copying.migration != state["migrationUid"]:
        domain.copying = plan_copy(turn.vmi, scene, started)
    copying = domain.copying
    gone = scene.pod_on(copying.target, turn.vmi) is None and scene.now > started + TARGET_MISSING
    if state.get("abortRequested"):
        _fail(turn, domain, scene, "Live migration aborted ", aborted=True)
    elif gone:
        _fail(turn, domain, scene, "Live migration failed: the target's virt-launcher is gone", aborted=False)
    elif not state.get("targetNodeDomainDetected"):
        state["targetNodeDomainDetected"] = True
    elif scene.now < copying.ends:
        turn.wake_at(scene, copying.ends, started + TARGET_MISSING)
    elif copying.failure:
        _fail(turn, domain, scene, copying.failure, aborted=True)
    elif "targetNodeDomainReadyTimestamp" not in state:
        state["targetNodeDomainReadyTimestamp"] = stamp(scene.now)
        remove_condition(turn.vmi, "MigrationRequired")
    else:
        _take_over(turn, state, domain, scene)


def _fail(turn: Turn, domain: Domain, scene: Scene, why: str, aborted: bool) -> None:
    state = turn.vmi["status"]["migrationState"]
    domain.copying = None
    state |= {"failed": True, "failureReason": why, "endTimestamp": stamp(scene.now)}
    if aborted:
        state["abortStatus"] = "Succeeded"
    said = f"VirtualMachineInstance migration uid {state['migrationUid']} failed. reason:{why}"
    turn.say(state["sourceNode"], "Migrated", said, "Warning")


def _take_over(turn: Turn, state: Json, domain: Domain, scene: Scene) -> None:
    """From here on the target is the owner."""
    metadata, status, target = turn.vmi["metadata"], turn.vmi["status"], state["targetNode"]
    domain.copying = None
    state["endTimestamp"] = stamp(scene.now)
    metadata["labels"][NODE] = target
    metadata["labels"].pop("kubevirt.io/outdatedLauncherImage", None)
    metadata.get("annotations", {}).pop("kubevirt.io/eviction-source", None)
    status |= {"nodeName": target, "migrationTransport": "Unix"}
    status.pop("launcherContainerImageVersion", None)
    status.pop("evacuationNodeName", None)
    if overhead := state.get("targetMemoryOverhead"):
        status.setdefault("memory", {})["memoryOverhead"] = overhead
    turn.say(target, "Migrated", f"The VirtualMachineInstance migrated to node {target}.")


def _finalize(vmi: Json) -> None:
    """What was plugged by way of this migration is there now: processors, memory, the volumes' new claims."""
    status, labels, hardware = vmi["status"], vmi["metadata"]["labels"], vmi["spec"]["domain"]
    if condition(vmi, "HotVCPUChange"):
        cpu = hardware.get("cpu", {})
        status["currentCPUTopology"] = {key: cpu[key] for key in ("sockets", "cores", "threads") if key in cpu}
    if condition(vmi, "HotMemoryChange"):
        guest = hardware["memory"]["guest"]
        status["memory"] = status.get("memory", {}) | {"guestRequested": guest, "guestCurrent": guest}
    for label in ("vmi-pod-cpu-resource-limits", "vmi-pod-memory-resource-requests", "memory-hotplug-overhead-ratio"):
        labels.pop(f"kubevirt.io/{label}", None)
    for kind in ("HotVCPUChange", "HotMemoryChange", "VolumesChange"):
        remove_condition(vmi, kind)
    status.pop("migratedVolumes", None)
    status["migrationState"]["completed"] = True


def _let_go(vmi: Json) -> None:
    del vmi["metadata"]["labels"][TARGET_NODE]
    vmi["metadata"].get("annotations", {}).pop("kubevirt.io/create-migration-target", None)
