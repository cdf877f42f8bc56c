"""Operation: what is so with the act, as an ordered chain from its end back to its beginning. What stands in its way is said, and
desired.py and status.py ask the same question.
"""

from dataclasses import replace
from typing import Final

from vireo.api.conditions import COMPLETE, Finding, condition
from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Action, Course, completed, failed
from vireo.kinds.operation.migrate import MIGRATE
from vireo.kinds.operation.restart import RESTART
from vireo.kinds.operation.restore import RESTORE
from vireo.kinds.operation.snapshot import SNAPSHOT_OF_DISK
from vireo.kinds.operation.target import Operation, is_late

ACTIONS: Final[dict[str, Action]] = {
    "Migrate": MIGRATE,
    "Restart": RESTART,
    "Restore": RESTORE,
    "Snapshot": SNAPSHOT_OF_DISK,
}


def judge(operation: Operation) -> Course:
    """What is so, and what is to be done for it now."""
    action = ACTIONS[operation.spec.action]
    if operation.status.finished:
        return _as_it_ended(operation)
    if operation.status.acted:
        return action.course(operation, operation.status.acted)
    return _not_wanted(operation) or _why_not(operation) or _first_step(operation)


def foreseen(operation: Operation) -> Finding | None:
    """What speaks against it when it is made, as a dry run of it would say; nothing of one that was looked at."""
    if operation.status.conditions:
        return None
    return judge(replace(operation, spec=operation.spec.model_copy(update={"dry_run": True}))).finding


def _first_step(operation: Operation) -> Course:
    action = ACTIONS[operation.spec.action]
    if operation.spec.dry_run:
        return completed(action.would(operation))
    return action.begin(operation)


def _as_it_ended(operation: Operation) -> Course:
    said = condition(operation.status.conditions, COMPLETE)
    assert said is not None, "what is finished was said"
    reason = next((one for one in Reason if one == said.reason), Reason.COMPLETED)
    return Course(Finding(reason, said.message), done=said.status == "True")


def _not_wanted(operation: Operation) -> Course | None:
    if operation.spec.cancel or operation.deleting:
        return failed(Reason.CANCELLED, "The operation was called back before it had begun.")
    return None


def _why_not(operation: Operation) -> Course | None:
    """The first thing that speaks against beginning now."""
    found = ACTIONS[operation.spec.action].why_not(operation)
    if found and found.done is None and is_late(operation):
        return failed(Reason.DEADLINE_EXCEEDED, f"It could not be begun by the deadline. {found.finding.message}")
    return found
