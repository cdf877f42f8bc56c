"""Launcher pods: when a virt-launcher ends, and how its pod then looks.

KWOK starts the pods and, once they have ended, removes those that are to be removed. The end itself is the player's,
since a launcher lives as long as its machine.
"""

import math

from cloud.simulated.player.durations import Durations
from cloud.simulated.player.instance import (
    Json,
    is_final,
    node_of,
    phase_of,
    seconds_of,
    since,
    stamp,
    target_of,
    uid_of,
)
from cloud.simulated.player.pods import Pod

ORPHAN_AGE = 30.0  # seconds from which a pod whose instance is not seen has none; a younger one's may be on its way


def ends_at(pod: Pod, vmi: Json | None, durations: Durations, booted: float) -> float:
    """When the pod's virt-launcher ends (seconds since 1970); infinity while there is no reason to.

    `booted` is since when its node has power.
    """
    created = seconds_of(pod.metadata.creation_timestamp)
    if pod.over:
        return math.inf
    if created < booted:
        return booted
    if vmi is None or uid_of(vmi) != pod.machine_uid:
        return created + ORPHAN_AGE
    left = _left_at(pod, vmi)
    if left is not None:
        return left + durations.draw("exit", pod.metadata.uid, left)
    unused = phase_of(vmi) != "Running" or pod.node != node_of(vmi)
    return -math.inf if pod.terminating and unused else math.inf


def _left_at(pod: Pod, vmi: Json) -> float | None:
    """When the machine left the pod: it ended, moved away, or never came. None while it is there or on its way."""
    if is_final(vmi):
        return since(vmi, phase_of(vmi)) or 0.0
    state = vmi["status"].get("migrationState") or {}
    here, coming = pod.node == node_of(vmi), pod.metadata.name == state.get("targetPod")
    if here or phase_of(vmi) != "Running" or "endTimestamp" not in state:
        return None
    if coming and not state.get("failed"):
        return None
    took_part = coming or pod.metadata.name == state.get("sourcePod") or pod.node == state.get("sourceNode")
    return seconds_of(state["endTimestamp"]) if took_part and not target_of(vmi) else None


def ended(pod: Pod, now: float) -> Json:
    """The pod's status once its virt-launcher has ended, as a patch: the kubelet's words for a completed pod."""
    over = {"exitCode": 0, "reason": "Completed", "finishedAt": stamp(now)}
    containers = [
        status
        | {"ready": False, "started": False}
        | {"state": {"terminated": over | {"startedAt": _started(status, now)}}}
        for status in pod.status.containerStatuses
    ]
    not_ready = {"status": "False", "reason": "PodCompleted", "lastTransitionTime": stamp(now)}
    conditions = [{"type": kind} | not_ready for kind in ("Ready", "ContainersReady")]
    return {"status": {"phase": "Succeeded", "conditions": conditions, "containerStatuses": containers}}


def _started(status: Json, now: float) -> str:
    return str(status.get("state", {}).get("running", {}).get("startedAt") or stamp(now))
