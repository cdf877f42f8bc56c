"""What every act on a machine has in common: the machine has to run, and it is the act's turn."""

from dataclasses import replace

from vireo.api.reasons import Reason
from vireo.api.resources import OPERATION, Key
from vireo.kinds.operation.course import Course, failed, goes_on
from vireo.kinds.operation.target import Operation, instance, machine
from vireo.kinds.operation.types import Acted
from vireo.kinds.virtualmachine.types import ActingOperation


def not_yet(operation: Operation) -> Course | None:
    """What speaks against any act on this machine now."""
    return _target(operation) or _turn(operation)


def begins(reason: Reason, message: str, operation: Operation) -> Course:
    """The act is decided on the instance, as it is now."""
    live = instance(operation)
    assert live is not None, "what is acted on is there"
    state = live.view.status.migration_state
    acted = Acted(
        uid=live.meta.uid,
        host=live.view.status.node_name or None,
        migration=state.migration_uid or None if state else None,
    )
    return replace(goes_on(reason, message), begins=acted)


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
