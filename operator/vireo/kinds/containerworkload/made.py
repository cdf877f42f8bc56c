"""What lives of a workload: the controller that was made for it, its pods, and whether a Job has ended."""

from typing import Final

from vireo.api.conditions import COMPLETE, FAILED, Condition, Finding, condition
from vireo.api.names import LABEL_WORKLOAD
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed, once
from vireo.api.resources import DEPLOYMENT, JOB, POD, STATEFUL_SET, Resource
from vireo.kinds.containerworkload.types import ContainerWorkloadSpec, ContainerWorkloadStatus
from vireo.kinds.containerworkload.views import ControllerView
from vireo.kinds.pods import PodView, said

Workload = Observed[ContainerWorkloadSpec, ContainerWorkloadStatus]
Controller = Live[ControllerView]
Pod = Live[PodView]

CONTROLLERS: Final[dict[str, Resource]] = {"Service": DEPLOYMENT, "Stateful": STATEFUL_SET, "Job": JOB}


def made(workload: Workload) -> Controller | None:
    """The controller that Vireo made for this workload."""
    return workload.child(CONTROLLERS[workload.spec.workload])


@once
def pods(workload: Workload) -> tuple[Pod, ...]:
    """The pods that have not ended: also those that are ending, and those of a controller that is gone."""
    return tuple(pod for pod in workload.all(POD) if not pod.view.final)


def selector(workload: Workload) -> str:
    """The label of its pods."""
    return f"{LABEL_WORKLOAD}={workload.meta.name}"


def logs(workload: Workload) -> str:
    """The command that shows what the containers said."""
    return f"kubectl logs -n {workload.key.namespace} -l {selector(workload)}"


def ended(status: ContainerWorkloadStatus) -> Condition | None:
    """The condition that says how the Job ended, once it was said."""
    found = (condition(status.conditions, type_) for type_ in (COMPLETE, FAILED))
    return next((one for one in found if one and one.status == "True"), None)


@once
def outcome(workload: Workload) -> Finding | None:
    """How the Job ended, which is remembered: one that somebody deletes afterwards is not run again."""
    if workload.spec.workload != "Job":
        return None
    before = ended(workload.status)
    if before is None:
        return _ended_now(workload)
    return Finding(Reason.COMPLETED if before.type == COMPLETE else Reason.FAILED, before.message)


def _ended_now(workload: Workload) -> Finding | None:
    live = made(workload)
    conditions = live.view.status.conditions if live else ()
    if said(conditions, "Complete"):
        return Finding(Reason.COMPLETED, "The Job has ended well.")
    if failed := said(conditions, "Failed"):
        return Finding(
            Reason.FAILED,
            f"The Job has failed. See why: {logs(workload)}. Then delete this workload, and make it anew as it should be. Kubernetes says: "
            f"{failed.message}",
        )
    return None
