"""ContainerWorkload: the controller and Service that should be, and what keeps this object from its end."""

from datetime import datetime, timedelta
from typing import Final

from vireo.api.conditions import Finding
from vireo.api.names import FINALIZER
from vireo.api.objects import Child
from vireo.api.reasons import Reason
from vireo.api.reconcile import Call, Desired
from vireo.api.resources import SERVICE
from vireo.kinds.containerworkload.attached import holds, left
from vireo.kinds.containerworkload.checks import why_not
from vireo.kinds.containerworkload.made import Workload, made, outcome
from vireo.kinds.containerworkload.template import controller, service
from vireo.kinds.containerworkload.troubles import looks_again

PATIENCE: Final = timedelta(seconds=3)
"""What a new workload names, and its pods, come in the next moment: that they are not there yet is not told for so long."""
COMES: Final = frozenset({Reason.DISK_MISSING, Reason.DISK_NOT_READY, Reason.RECONCILING, Reason.SWITCH_MISSING})


def desired(workload: Workload) -> Desired:
    """Where something is missing what was made stays as it is, but for its pods: there may be fewer."""
    if workload.deleting:
        return _end(workload)
    if outcome(workload):
        return Desired(finalizer=holds(workload))
    waiting = why_not(workload)
    return Desired(
        children=() if waiting else _children(workload),
        delete=() if waiting else workload.all(SERVICE) if service(workload) is None else (),
        calls=_fewer(workload) if waiting else (),
        finalizer=_needs_orderly_end(workload, waiting),
        wake_at=_wake_at(workload, waiting),
        waiting=waiting,
    )


def _children(workload: Workload) -> tuple[Child, ...]:
    """A Job is made once and never changed: nobody could."""
    found = service(workload)
    fixed = workload.spec.workload == "Job" and made(workload)
    return (*([found] if found else []), *([] if fixed else [controller(workload)]))


def _fewer(workload: Workload) -> tuple[Call, ...]:
    """Where the controller can not be applied as a whole, pods that are not wanted any more go all the same."""
    live, wanted = made(workload), workload.spec.replicas
    if live is None or workload.spec.workload == "Job" or live.view.spec.replicas <= wanted:
        return ()
    return (Call("Scale", live.key, body={"spec": {"replicas": wanted}}, patch=True, uid=live.meta.uid),)


def _needs_orderly_end(workload: Workload, waiting: Finding | None) -> bool:
    """While there may be pods with disks or ports: others get them when these are gone."""
    names = workload.spec.disks or workload.spec.networks
    taken = waiting is None or FINALIZER in workload.meta.finalizers
    return holds(workload) or bool(names and taken)


def _end(workload: Workload) -> Desired:
    """The controller goes first; then, where disks or ports are attached, its pods; only then may others have these."""
    live = made(workload)
    return Desired(delete=(live,) if live else (), finalizer=FINALIZER in workload.meta.finalizers and left(workload))


def _wake_at(workload: Workload, waiting: Finding | None) -> datetime | None:
    """The soonest moment at which something is to be said, or looked at, that nobody tells of."""
    due = (hushed_until(workload, waiting), looks_again(workload))
    return min((one for one in due if one), default=None)


def hushed_until(workload: Workload, waiting: Finding | None) -> datetime | None:
    """Until when nothing is said of a workload that was made a moment ago: it waits for what comes with it."""
    born = workload.meta.creation_timestamp
    if born is None or workload.status.conditions or not timedelta() <= workload.now - born < PATIENCE:
        return None
    return born + PATIENCE if waiting and waiting.reason in COMES else None
