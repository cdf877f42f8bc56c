"""Why a workload does not come up, in the words of those who know: API server, scheduler, kubelet, and Kubernetes' controllers."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from vireo.api.conditions import Finding, pause, unready_for
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import once
from vireo.api.resources import Key
from vireo.kinds.containerworkload.made import CONTROLLERS, Pod, Workload, logs, made, outcome, pods
from vireo.kinds.pods import (
    IMAGE_TROUBLES,
    USUAL_WAITS,
    ContainerStatus,
    Terminated,
    Waiting,
    said,
    seen_by,
    silent,
    stable,
)

SETTLES: Final = timedelta(seconds=5)
"""A start passes through states that look like trouble: what passes within this time is not told."""
LATEST: Final = timedelta(minutes=5)
STEADY: Final = timedelta(seconds=10)
"""A container that was started anew after its end counts as running once it has run for so long."""
CONFIG_TROUBLE: Final = "CreateContainerConfigError"
CRASH_LOOP: Final = "CrashLoopBackOff"
USUAL_ENDS: Final = frozenset({"Completed", "Error"})
"""What the kubelet says where it knows no more than the code."""
_FORBIDDEN: Final = re.compile(r'^.*?pods "[^"]*" is forbidden: ')
"""What stands before the words of whoever refuses a pod: its name, which is another each time."""

Check = Callable[[Workload], Finding | None]


def trouble(workload: Workload) -> Finding | None:
    """What keeps the pods from being ready; None if they are, or may be on their way."""
    if is_settled(workload):
        return None
    return next((finding for check in CHAIN if (finding := check(workload))), None)


@once
def is_settled(workload: Workload) -> bool:
    """Whether there are as many pods as the spec asks, all of the newest spec, and all ready. A Job never is: it ends."""
    live, wanted = made(workload), workload.spec.replicas
    if live is None or workload.spec.workload == "Job" or not live.view.heeded(live.meta):
        return False
    status = live.view.status
    return status.replicas == status.updated_replicas == status.ready_replicas == wanted and not _crash(workload)


def puzzles(workload: Workload) -> tuple[Key, ...]:
    """Pods that were placed and do not start, and a controller that makes none: of both nothing but events say why."""
    live = made(workload)
    if live is None or _is_done(workload):
        return ()
    stuck = (pod for pod in _late(workload) if pod.view.spec.node_name and pod.view.status.phase == "Pending")
    return (*(pod.key for pod in stuck), *([live.key] if _makes_none(workload) and _settled(workload, live) else []))


def _makes_none(workload: Workload) -> bool:
    """Whether pods are missing, of which a Deployment would say why."""
    return workload.spec.workload != "Service" and len(pods(workload)) < workload.spec.replicas


def looks_again(workload: Workload) -> datetime | None:
    """When to look at what nobody tells of: that a moment has passed; and events, soon at first, later the longer it lasts."""
    if _is_done(workload):
        return None
    young = [pod for pod in _wanted(workload) if not pod.view.ready]
    young += workload.all(CONTROLLERS[workload.spec.workload]) if _makes_none(workload) else ()
    due = [born + SETTLES for one in young if (born := one.meta.creation_timestamp)]
    due += [seen for pod in _wanted(workload) if (seen := seen_by(pod))]
    due += [began + STEADY for one in _containers(workload) if (began := _began_anew(one))]
    if puzzles(workload):
        due.append(workload.now + pause(unready_for(workload.status.conditions, workload.now), SETTLES, LATEST))
    return min((one for one in due if one > workload.now), default=None)


def _is_done(workload: Workload) -> bool:
    return bool(made(workload) is None or workload.deleting or outcome(workload) or is_settled(workload))


def _wanted(workload: Workload) -> tuple[Pod, ...]:
    """The pods that are to stay: what those say that are ending is no trouble."""
    return tuple(pod for pod in pods(workload) if pod.meta.deletion_timestamp is None)


def _settled(workload: Workload, live: Live[Any]) -> bool:
    born = live.meta.creation_timestamp
    return born is None or born + SETTLES <= workload.now


@once
def _late(workload: Workload) -> tuple[Pod, ...]:
    """Those that should be ready by now, and are not."""
    return tuple(pod for pod in _wanted(workload) if not pod.view.ready and _settled(workload, pod))


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
    for pod in _late(workload):
        if found := said(pod.view.status.conditions, "PodScheduled", "False"):
            return Finding(Reason.UNSCHEDULABLE, f"No node can take a pod. The scheduler says: {stable(found.message)}")
    return None


def scheduler_silent(workload: Workload) -> Finding | None:
    live, due = made(workload), [seen_by(pod) for pod in _wanted(workload)]
    if live is None or not any(one <= workload.now for one in due if one):
        return None
    words = silent(live.view.spec.template.spec.scheduler_name)
    return Finding(Reason.SCHEDULER_SILENT, f"A pod waits for a node. {words}")


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
    end = _crash(workload)
    if end is None:
        return None
    words = end.message or ("" if end.reason in USUAL_ENDS else end.reason)
    told = f" It says: {stable(words)}" if words else ""
    return Finding(
        Reason.CRASHED,
        f"The container ended with code {end.exit_code}, and is started anew, each time later. See why: {logs(workload)} --previous.{told}",
    )


@once
def _crash(workload: Workload) -> Terminated | None:
    """How a container ended that should not. What a Job's does is the Job's to judge."""
    if workload.spec.workload == "Job":
        return None
    return next((end for one in _containers(workload) if (end := _unasked_end(workload, one))), None)


def _unasked_end(workload: Workload, container: ContainerStatus) -> Terminated | None:
    """The newest end of a container that has not run steadily since."""
    if container.state.terminated:
        return container.state.terminated
    began = _began_anew(container)
    loops = container.waits is not None and container.waits.reason == CRASH_LOOP
    return container.last_state.terminated if loops or (began and workload.now < began + STEADY) else None


def _began_anew(container: ContainerStatus) -> datetime | None:
    """When it was started once more."""
    runs = container.state.running
    return runs.started_at if runs and container.last_state.terminated else None


def container_not_started(workload: Workload) -> Finding | None:
    for pod in _late(workload):
        for one in pod.view.containers:
            if one.waits and one.waits.reason not in USUAL_WAITS:
                words = f"{one.waits.reason}: {_told(pod, one.waits.message)}"
                return Finding(
                    Reason.STARTING, f"A container can not be started; the node goes on trying. It says: {words}"
                )
    return None


def pod_not_started(workload: Workload) -> Finding | None:
    """A volume that is not mounted, a network that is not attached."""
    for pod in _late(workload):
        words = workload.warnings.get(pod.key, "")
        if words.startswith("Failed"):
            return Finding(
                Reason.STARTING,
                f"A pod does not start on its node; the node goes on trying. It says: {_told(pod, words)}",
            )
    return None


def _told(pod: Pod, words: str) -> str:
    """The words, less the pod's name, which is another for the next pod."""
    return stable(words.replace(pod.meta.name, "(pod)"))


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
    return (container for pod in _wanted(workload) for container in pod.view.containers)


def _waits(workload: Workload) -> Iterator[Waiting]:
    """Why containers do not run that should by now."""
    found = (container.waits for pod in _late(workload) for container in pod.view.containers)
    return (one for one in found if one)


CHAIN: Final[tuple[Check, ...]] = (
    refused,
    unschedulable,
    scheduler_silent,
    image_pull_failed,
    root_image,
    environment_missing,
    crashed,
    container_not_started,
    pod_not_started,
    roll_out_stuck,
)
