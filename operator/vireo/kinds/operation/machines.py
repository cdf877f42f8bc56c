"""What every act on a machine has in common: the machine has to run, and it is the act's turn."""

from dataclasses import replace

from vireo.api.reasons import Reason
from vireo.kinds.operation.course import Course, failed, goes_on
from vireo.kinds.operation.target import Operation, instance, machine
from vireo.kinds.operation.turn import not_its_turn
from vireo.kinds.operation.types import Acted


def not_yet(operation: Operation) -> Course | None:
    """What speaks against any act on this machine now."""
    if found := _target(operation):
        return found
    live = machine(operation)
    assert live is not None, "what is acted on is there"
    return not_its_turn(operation, live)


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
