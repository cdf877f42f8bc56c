"""How long the act took, beside what was expected when it was decided: that is written with the decision, before anything is done."""

from datetime import datetime

from vireo.api.conditions import COMPLETE, condition
from vireo.api.learning import LONGEST_SECONDS, Act, Estimate, Lasted, Observation, Sample, Topic
from vireo.api.resources import VIRTUAL_DISK
from vireo.formulas.estimates import together
from vireo.kinds.operation.course import Course
from vireo.kinds.operation.target import Operation, instance, machine
from vireo.kinds.operation.types import OperationStatus
from vireo.kinds.virtualmachine.estimates import CLUSTER, copy, overhead, start, stop


def lasted(operation: Operation, found: Course, began: datetime | None) -> Lasted | None:
    """What is expected, from its beginning; the seconds too, when it has ended. None for what was never begun."""
    if began is None or (found.done is None and not found.begins):
        return operation.status.lasted
    record = operation.status.lasted or _expected(operation)
    if found.done is None:
        return record
    seconds = min(max(0.0, (operation.now - began).total_seconds()), LONGEST_SECONDS)
    return record.model_copy(update={"seconds": round(seconds, 1)})


def _expected(operation: Operation) -> Lasted:
    """A restart is a stop and a start, until the guest runs again; a move is the copying and what is around it. Of acts on disks nothing
    is expected: what they take is the storage's own, and no two are alike."""
    if operation.spec.target.kind == VIRTUAL_DISK.kind:
        return Lasted()
    return Lasted(**_of_machine(operation).said())


def _of_machine(operation: Operation) -> Estimate:
    live, target, learned = instance(operation), machine(operation), operation.learned
    spec = target.view.spec if target else None
    if operation.spec.action == "Restart":
        return together([stop(spec, learned), start(spec, live, "Running", learned)])
    return together([overhead(learned), copy(live, learned)])


def ended(before: OperationStatus, after: OperationStatus, operation: Operation) -> tuple[Act, ...]:
    """The act, if it is complete now. The parts of a restart, and the copying, are learned by the machine itself."""
    complete = condition(after.conditions, COMPLETE)
    done = complete is not None and complete.status == "True" and not before.finished
    if not done or after.lasted is None or after.lasted.seconds is None:
        return ()
    return (Act(operation.spec.action, after.lasted, _overhead(after, after.lasted.seconds, operation)),)


def _overhead(after: OperationStatus, seconds: float, operation: Operation) -> tuple[Observation, ...]:
    live = instance(operation)
    state = live.view.status.migration_state if live else None
    if state is None or state.migration_uid != after.migration or not (state.start_timestamp and state.end_timestamp):
        return ()
    copied = (state.end_timestamp - state.start_timestamp).total_seconds()
    return (Observation(Topic(CLUSTER, "Overhead"), Sample(seconds=round(max(0.0, seconds - copied), 1))),)
