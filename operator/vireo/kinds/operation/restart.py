"""Restart: the instance is deleted, and its machine makes another.

It is deleted by its UID, so a restart can not hit the one that comes after. Who starts the next one is the machine itself: it sees
that its instance ended by an operation (virtualmachine/power.py).
"""

from typing import Final

from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.machines import begins, not_yet
from vireo.kinds.operation.target import Operation, instance, is_late, machine
from vireo.kinds.operation.types import Acted


def _would(operation: Operation) -> str:
    return f"The guest of {_name(operation)} would be shut down and started again."


def _begin(operation: Operation) -> Course:
    return begins(Reason.RESTARTING, f"The guest of {_name(operation)} is about to be shut down.", operation)


def _course(operation: Operation, acted: Acted) -> Course:
    """Once it has begun there is no way back: the guest may have been told to shut down."""
    live, target = instance(operation), machine(operation)
    if target is None or target.meta.deletion_timestamp:
        return failed(Reason.INTERRUPTED, f"{_name(operation)} was deleted meanwhile.")
    if live and live.meta.uid == acted.uid and live.meta.deletion_timestamp is None:
        said = goes_on(Reason.RESTARTING, f"The guest of {_name(operation)} is told to shut down.")
        return Course(said.finding, delete=(live,))
    if live and live.meta.uid != acted.uid and live.view.runs:
        return completed(f"The guest of {_name(operation)} was shut down and started again.")
    if target.view.spec and target.view.spec.power_state == "Stopped":
        return failed(Reason.INTERRUPTED, f"{_name(operation)} was switched off by its spec meanwhile.")
    if is_late(operation):
        return failed(
            Reason.DEADLINE_EXCEEDED,
            f"{_name(operation)} does not run again by the deadline. See why: kubectl describe virtualmachine.vireo.dev "
            f"{operation.spec.target.name}",
        )
    if live and live.meta.uid == acted.uid:
        return goes_on(Reason.RESTARTING, f"The guest of {_name(operation)} was told to shut down.")
    return goes_on(Reason.RESTARTING, f"The guest of {_name(operation)} is being started again.")


def _name(operation: Operation) -> str:
    return operation.spec.target.name


RESTART: Final = Action(would=_would, why_not=not_yet, begin=_begin, course=_course)
