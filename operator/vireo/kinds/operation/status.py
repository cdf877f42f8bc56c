"""Operation: what is so, and why."""

from typing import Final

from vireo.api.conditions import COMPLETE, FAILED, RECONCILING, STALLED, Finding, Said, conditions, fails, holds
from vireo.api.names import ANNOTATION_REQUESTED_BY
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Outcome, refusal
from vireo.kinds.operation.checks import judge
from vireo.kinds.operation.course import Course
from vireo.kinds.operation.desired import hushed_until
from vireo.kinds.operation.figures import lasted
from vireo.kinds.operation.target import Operation, migration, snapshot
from vireo.kinds.operation.types import OperationStatus

FOR_A_PERSON: Final = frozenset({Reason.DISK_IN_USE, Reason.FOREIGN_OBJECT, Reason.REFUSED})
"""What stands in the way of an act that goes on, and does not go away by itself."""


def status_of(operation: Operation, _: Desired, outcomes: tuple[Outcome, ...]) -> OperationStatus:
    before, generation = operation.status, operation.meta.generation
    if before.finished:
        return before.model_copy(update={"observed_generation": generation})
    found = judge(operation)
    if hushed_until(operation, found):
        return before
    refused = refusal(outcomes)
    ended = operation.now.replace(microsecond=0) if found.done is not None else None
    began = before.start_time or (operation.now if found.begins else None)
    finding = refused.finding if refused and refused.finding and found.done is None else found.finding
    made, taken = migration(operation), snapshot(operation)
    return OperationStatus(
        observed_generation=generation,
        requested_by=(operation.meta.annotations.get(ANNOTATION_REQUESTED_BY) or "")[:253] or None,
        blocked_by=found.blocked_by or before.blocked_by,
        acted=found.begins or before.acted,
        migration=before.migration or (made.meta.uid if made else None),
        snapshot=before.snapshot or (taken.meta.name if taken else None),
        start_time=began,
        completion_time=ended,
        outcome=found.finding.message if ended else None,
        lasted=lasted(operation, found, began),
        conditions=conditions(before.conditions, _said(found, finding), generation, operation.now),
    )


def _said(found: Course, finding: Finding) -> tuple[Said, ...]:
    if found.done:
        return (holds(COMPLETE, finding),)
    if found.done is None:
        return fails(COMPLETE, finding), holds(STALLED if finding.reason in FOR_A_PERSON else RECONCILING, finding)
    return fails(COMPLETE, finding), holds(FAILED, finding), holds(STALLED, finding)
