"""Operation: what is to be done for the act now, and when to look again."""

from datetime import datetime, timedelta
from typing import Final

from vireo.api.conditions import pause
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired
from vireo.api.resources import OPERATION
from vireo.kinds.operation.checks import judge
from vireo.kinds.operation.course import Course
from vireo.kinds.operation.restore import being_filled
from vireo.kinds.operation.target import Operation, ends_at

PATIENCE: Final = timedelta(seconds=3)
COMES: Final = frozenset({Reason.DISK_IN_USE, Reason.RECONCILING})
"""What is said of a target that has not looked at the operation yet. One that is free makes way in the next moment."""
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=5)
"""How long until warnings are looked for again: events wake nobody."""


def desired(operation: Operation) -> Desired:
    """Nothing is done before what it is done to was written (status.acted): an act that begins does so in the next pass."""
    status = operation.status
    if status.finished:
        return _kept_for_a_while(operation)
    found = judge(operation)
    return Desired(
        children=(found.child,) if found.child else (),
        delete=found.delete,
        calls=(found.call,) if found.call else (),
        finalizer=status.acted is not None and found.done is None,
        wake_at=hushed_until(operation, found) or _wake_at(operation) if found.done is None else None,
        waiting=found.finding if found.done is None else None,
    )


def hushed_until(operation: Operation, found: Course) -> datetime | None:
    """Until when nothing is said of a new operation that waits for its turn: the machine gives it in the next moment."""
    born = operation.meta.creation_timestamp
    if born is None or operation.status.conditions or found.finding.reason not in COMES:
        return None
    return born + PATIENCE if operation.now < born + PATIENCE else None


def _kept_for_a_while(operation: Operation) -> Desired:
    """Then it is deleted."""
    ended = operation.status.completion_time
    goes_at = ended + operation.spec.ttl_after_finished if ended else None
    if goes_at is None or operation.now < goes_at or operation.deleting:
        return Desired(wake_at=None if operation.deleting else goes_at)
    return Desired(delete=(Live(OPERATION, operation.meta, None),))


def _wake_at(operation: Operation) -> datetime | None:
    end, began = ends_at(operation), operation.status.start_time
    due = end if end and operation.now < end else None
    if not being_filled(operation) or began is None:
        return due
    look = operation.now + pause(operation.now - began, SOONEST, LATEST)
    return min(due, look) if due else look
