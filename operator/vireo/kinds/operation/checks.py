"""Operation: what is so with the act, as an ordered chain from its end back to its beginning. What stands in its way is said, and
desired.py and status.py ask the same question.
"""

from dataclasses import replace
from typing import Final

from vireo.api.conditions import COMPLETE, Finding, condition
from vireo.api.reasons import Reason
from vireo.api.resources import OPERATION, Key
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.migrate import MIGRATE
from vireo.kinds.operation.restart import RESTART
from vireo.kinds.operation.target import Operation, instance, is_late, machine
from vireo.kinds.virtualmachine.types import ActingOperation

ACTIONS: Final[dict[str, Action]] = {"Migrate": MIGRATE, "Restart": RESTART}


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
    live = instance(operation)
    assert live is not None, "what is acted on is there"
    return action.begin(operation, live)


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
    found = _target(operation) or _turn(operation)
    if found is None:
        found = ACTIONS[operation.spec.action].why_not(operation)
    if found and found.done is None and is_late(operation):
        return failed(Reason.DEADLINE_EXCEEDED, f"It could not be begun by the deadline. {found.finding.message}")
    return found


def _target(operation: Operation) -> Course | None:
    name, live = operation.spec.target.name, machine(operation)
    if live is None:
        key = f"VirtualMachine {operation.key.namespace}/{name}"
        return goes_on(Reason.TARGET_MISSING, f"{key} does not exist. Make it, or delete this operation.")
    found = instance(operation)
    if found is None or found.meta.deletion_timestamp or not found.view.runs:
        return failed(
            Reason.NOT_RUNNING,
            f"{name} does not run, so there is nothing to {operation.spec.action.lower()}. To start it, set spec.powerState of "
            f"{live.key} to Running.",
        )
    if live.view.status.instance != found.meta.uid:
        return goes_on(
            Reason.RECONCILING,
            f"{found.key} is not the one that {live.key} started last. If it stays so, see why: "
            f"kubectl describe virtualmachine.vireo.dev {name}",
        )
    return None


def _turn(operation: Operation) -> Course | None:
    """At a time one operation acts on a machine: the machine says which (status.operation). A dry run acts on nothing.

    Who is in the way is written down first (status.blockedBy), and then looked at itself.
    """
    live = machine(operation)
    assert live is not None, "what is acted on is there"
    acting = live.view.status.operation
    if operation.spec.dry_run or (acting and acting.uid == operation.meta.uid):
        return None
    if acting is None:
        return goes_on(Reason.RECONCILING, f"{live.key} has not made way for this operation yet.")
    busy = f"Operation {acting.name} acts on {live.key}. When it has ended, make this operation anew."
    if operation.status.blocked_by != acting.name:
        return replace(goes_on(Reason.TARGET_BUSY, busy), blocked_by=acting.name)
    if _acts(operation, acting):
        return failed(Reason.TARGET_BUSY, busy)
    return goes_on(Reason.RECONCILING, f"{live.key} has not made way for this operation yet.")


def _acts(operation: Operation, acting: ActingOperation) -> bool:
    """Whether that one goes on still: the machine may not have seen yet that it ended."""
    live = operation.uses.get(Key(OPERATION, operation.key.namespace, acting.name))
    return live is not None and live.meta.uid == acting.uid and not live.view.status.finished
