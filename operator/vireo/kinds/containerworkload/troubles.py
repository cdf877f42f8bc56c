"""Why a workload does not come up, in the words of those who know: API server, scheduler, kubelet, and Kubernetes' controllers."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from vireo.api.conditions import Finding
from vireo.api.reasons import Reason
from vireo.api.resources import Key
from vireo.kinds.containerworkload.made import Workload, logs, made, outcome, pods
from vireo.kinds.pods import IMAGE_TROUBLES, USUAL_WAITS, ContainerStatus, Waiting, said, stable

CONFIG_TROUBLE: Final = "CreateContainerConfigError"
CRASH_LOOP: Final = "CrashLoopBackOff"
_FORBIDDEN: Final = re.compile(r'^.*?pods "[^"]*" is forbidden: ')
"""What stands before the words of whoever refuses a pod: its name, which is another each time."""

Check = Callable[[Workload], Finding | None]


def trouble(workload: Workload) -> Finding | None:
    """What keeps the pods from being ready; None if they are, or may be on their way."""
    if is_settled(workload):
        return None
    return next((finding for check in CHAIN if (finding := check(workload))), None)


def is_settled(workload: Workload) -> bool:
    """Whether there are as many pods as the spec asks, all of the newest spec, and all ready."""
    live = made(workload)
    if live is None or outcome(workload):
        return live is not None
    status, wanted = live.view.status, workload.spec.replicas
    if workload.spec.workload == "Job" or status.observed_generation < live.meta.generation:
        return False
    return status.replicas == status.updated_replicas == status.ready_replicas == wanted


def puzzles(workload: Workload) -> tuple[Key, ...]:
    """Pods that were placed and do not start, and a controller that makes none: of both nothing but events say why."""
    live = made(workload)
    if live is None or workload.deleting or outcome(workload) or is_settled(workload):
        return ()
    stuck = tuple(pod.key for pod in pods(workload) if pod.view.spec.node_name and pod.view.status.phase == "Pending")
    makes_none = workload.spec.workload != "Service" and len(pods(workload)) < workload.spec.replicas
    return (*stuck, *([live.key] if makes_none else []))


def refused(workload: Workload) -> Finding | None:
    """The pods are not let in. A Deployment says so itself."""
    live = made(workload)
    failure = said(live.view.status.conditions, "ReplicaFailure") if live else None
    warning = workload.warnings.get(live.key, "") if live else ""
    words = failure.message if failure else warning if warning.startswith("FailedCreate") else ""
    if not words:
        return None
    told = stable(_FORBIDDEN.sub("", words))
    if told.startswith("exceeded quota"):
        return Finding(
            Reason.QUOTA_EXCEEDED,
            f"A quota of namespace {workload.key.namespace} leaves no room for the pods; it is tried again and again. Make room, ask for "
            f"less in spec.replicas or spec.resources, or have the quota raised. It says: {told}",
        )
    return Finding(Reason.POD_REFUSED, f"The API server refuses the pods. {_way_out(told)}It says: {told}")


def _way_out(words: str) -> str:
    if not words.startswith("violates PodSecurity"):
        return ""
    return (
        "Take a stricter spec.isolation.profile, or have the namespace's administrator allow this one (its label "
        "pod-security.kubernetes.io/enforce). "
    )


def unschedulable(workload: Workload) -> Finding | None:
    for pod in pods(workload):
        if found := said(pod.view.status.conditions, "PodScheduled", "False"):
            return Finding(Reason.UNSCHEDULABLE, f"No node can take a pod. The scheduler says: {stable(found.message)}")
    return None


def image_pull_failed(workload: Workload) -> Finding | None:
    found = next((one for one in _waits(workload) if one.reason in IMAGE_TROUBLES), None)
    if found is None:
        return None
    return Finding(
        Reason.IMAGE_PULL_FAILED,
        f"The image can not be pulled; the node goes on trying. Correct spec.image, or see to the registry. It says: "
        f"{stable(found.message or found.reason)}",
    )


def root_image(workload: Workload) -> Finding | None:
    found = next((one for one in _waits(workload) if "runAsNonRoot" in one.message), None)
    if found is None:
        return None
    what = (
        "names its user by a word, so the node can not see whether that is root"
        if "non-numeric" in found.message
        else "runs as root"
    )
    return Finding(
        Reason.ROOT_IMAGE,
        f"Image {workload.spec.image} {what}, and isolation profile Restricted refuses root. Name an image whose USER is a number other "
        "than 0, or set spec.isolation.profile to Baseline.",
    )


def environment_missing(workload: Workload) -> Finding | None:
    found = next((one for one in _waits(workload) if one.reason == CONFIG_TROUBLE), None)
    if found is None:
        return None
    return Finding(
        Reason.ENVIRONMENT_MISSING,
        f"What spec.env names is not there; the node goes on trying. Make it, or correct spec.env. It says: {stable(found.message)}",
    )


def crashed(workload: Workload) -> Finding | None:
    found = next((one for one in _containers(workload) if one.waits and one.waits.reason == CRASH_LOOP), None)
    if found is None:
        return None
    end = found.last_state.terminated
    words = (end.message or end.reason) if end else ""
    how = f" with code {end.exit_code}" if end else ""
    told = f" It says: {stable(words)}" if words else ""
    return Finding(
        Reason.CRASHED,
        f"The container ends{how} and is started again and again, less and less often. See why: {logs(workload)} --previous.{told}",
    )


def container_not_started(workload: Workload) -> Finding | None:
    found = next((one for one in _waits(workload) if one.reason not in USUAL_WAITS), None)
    if found is None:
        return None
    return Finding(
        Reason.STARTING,
        f"A container can not be started; the node goes on trying. It says: {found.reason}: {stable(found.message)}",
    )


def pod_not_started(workload: Workload) -> Finding | None:
    """A volume that is not mounted, a network that is not attached."""
    words = next((note for pod in pods(workload) if (note := workload.warnings.get(pod.key))), "")
    if not words.startswith("Failed"):
        return None
    return Finding(
        Reason.STARTING, f"A pod does not start on its node; the node goes on trying. It says: {stable(words)}"
    )


def roll_out_stuck(workload: Workload) -> Finding | None:
    live = made(workload)
    found = said(live.view.status.conditions, "Progressing", "False") if live else None
    if found is None:
        return None
    return Finding(
        Reason.ROLL_OUT_STUCK,
        "The pods run and do not become ready, and nothing has changed for long. See to what spec.probes.ready asks, or correct the spec: "
        f"{logs(workload)}",
    )


def _containers(workload: Workload) -> Iterator[ContainerStatus]:
    return (container for pod in pods(workload) for container in pod.view.containers)


def _waits(workload: Workload) -> Iterator[Waiting]:
    return (container.waits for container in _containers(workload) if container.waits)


CHAIN: Final[tuple[Check, ...]] = (
    refused,
    unschedulable,
    image_pull_failed,
    root_image,
    environment_missing,
    crashed,
    container_not_started,
    pod_not_started,
    roll_out_stuck,
)
