"""ContainerWorkload: what is so, and why."""

from typing import Final

from vireo.api.conditions import COMPLETE, FAILED, Finding, Said, conditions, holds, progress
from vireo.api.reasons import Reason
from vireo.api.reconcile import Apply, Desired, Outcome, refusal
from vireo.kinds.containerworkload.attached import attached_disks, attached_networks, is_stopped
from vireo.kinds.containerworkload.desired import hushed_until
from vireo.kinds.containerworkload.made import CONTROLLERS, Workload, made, outcome, pods, selector
from vireo.kinds.containerworkload.troubles import is_settled, trouble
from vireo.kinds.containerworkload.types import ContainerWorkloadStatus, Phase

FOR_A_PERSON: Final = frozenset(
    {
        Reason.CRASHED,
        Reason.DISK_CONTENT_MISMATCH,
        Reason.DISK_NOT_SHARED,
        Reason.ENVIRONMENT_MISSING,
        Reason.FAILED,
        Reason.FOREIGN_OBJECT,
        Reason.IMAGE_PULL_FAILED,
        Reason.POD_REFUSED,
        Reason.QUOTA_EXCEEDED,
        Reason.REFUSED,
        Reason.ROLL_OUT_STUCK,
        Reason.ROOT_IMAGE,
        Reason.SCHEDULER_SILENT,
        Reason.UNSCHEDULABLE,
    }
)
"""What somebody should look at (Stalled); all else goes on by itself as soon as it can (Reconciling)."""

AS_ASKED: Final = frozenset({Reason.COMPLETED, Reason.RUNNING, Reason.STOPPED})
PHASES: Final[dict[Reason, Phase]] = {
    Reason.COMPLETED: "Completed",
    Reason.DELETING: "Deleting",
    Reason.FAILED: "Failed",
    Reason.IN_PROGRESS: "Running",
    Reason.ROLLING_OUT: "Updating",
    Reason.RUNNING: "Running",
    Reason.STOPPED: "Stopped",
}


def status_of(workload: Workload, desired: Desired, outcomes: tuple[Outcome, ...]) -> ContainerWorkloadStatus:
    if hushed_until(workload, desired.waiting) and not refusal(outcomes):
        return workload.status
    before, generation, live = workload.status, workload.meta.generation, made(workload)
    cause = _cause(workload, desired, outcomes)
    said = (*_progress(cause), *_end(workload))
    return ContainerWorkloadStatus(
        observed_generation=generation,
        phase=_phase(workload, cause),
        replicas=live.view.status.replicas if live else 0,
        ready=live.view.status.ready_replicas if live else 0,
        selector=selector(workload),
        networks=attached_networks(workload, desired, outcomes),
        disks=attached_disks(workload, desired, outcomes),
        stopped=is_stopped(workload) or None,
        applied=before.applied,
        conditions=conditions(before.conditions, said, generation, workload.now),
    )


def _cause(workload: Workload, desired: Desired, outcomes: tuple[Outcome, ...]) -> Finding:
    """The one thing to say, in the written order: what was refused, its end, what is missing, what its pods do."""
    refused = refusal(outcomes)
    if refused and refused.finding:
        return refused.finding
    if workload.deleting:
        return _deleting(workload)
    said_first = outcome(workload) or desired.waiting or _handed_over(workload, outcomes)
    return said_first or trouble(workload) or _state(workload)


def _handed_over(workload: Workload, outcomes: tuple[Outcome, ...]) -> Finding | None:
    """What was written just now is not what was observed: what that says is of the spec before."""
    resource = CONTROLLERS[workload.spec.workload]
    if not any(isinstance(one.step, Apply) and one.step.child.resource == resource and one.changed for one in outcomes):
        return None
    return Finding(Reason.ROLLING_OUT, "The newest spec is being rolled out.")


def _deleting(workload: Workload) -> Finding:
    first = (
        f" Its pods end first: kubectl get pods -n {workload.key.namespace} -l {selector(workload)}"
        if pods(workload)
        else ""
    )
    return Finding(Reason.DELETING, f"The workload is being deleted.{first}")


def _state(workload: Workload) -> Finding:
    live, wanted = made(workload), workload.spec.replicas
    if live and workload.spec.workload == "Job":
        return Finding(Reason.IN_PROGRESS, f"The Job runs. Attempts that failed: {live.view.status.failed}.")
    if is_settled(workload):
        return (
            Finding(Reason.RUNNING, f"Pods that are ready: {wanted}.")
            if wanted
            else Finding(Reason.STOPPED, "The workload has no pods.")
        )
    if live is None or (wanted and not live.view.status.ready_replicas):
        return Finding(Reason.STARTING, "The workload was told to start, and no pod is ready yet.")
    status = live.view.status
    return Finding(
        Reason.ROLLING_OUT,
        f"Of {wanted} pods {status.ready_replicas} are ready, and {status.updated_replicas} are of the newest spec.",
    )


def _progress(cause: Finding) -> tuple[Said, ...]:
    if cause.reason in AS_ASKED:
        return progress(cause)
    return progress(None, stalled=cause) if cause.reason in FOR_A_PERSON else progress(None, working=cause)


def _end(workload: Workload) -> tuple[Said, ...]:
    """How a Job ended, as a Job says it."""
    found = outcome(workload)
    return (holds(COMPLETE if found.reason == Reason.COMPLETED else FAILED, found),) if found else ()


def _phase(workload: Workload, cause: Finding) -> Phase:
    live = made(workload)
    if cause.reason in PHASES:
        return PHASES[cause.reason]
    if live is None:
        return "Pending"
    if live.view.status.ready_replicas:
        return "Updating"
    return "Failed" if cause.reason in FOR_A_PERSON else "Starting"
