"""At a time one operation acts on a target: the target says which (status.operation).

Who is in the way is written down first (status.blockedBy), and then looked at itself.
"""

from dataclasses import replace
from typing import Any

from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.resources import OPERATION, Key
from vireo.kinds.operation.course import Course, failed, goes_on
from vireo.kinds.operation.target import Operation
from vireo.kinds.turns import ActingOperation


def not_its_turn(operation: Operation, target: Live[Any]) -> Course | None:
    """Why the operation does not act now. A dry run acts on nothing."""
    acting: ActingOperation | None = target.view.status.operation
    if operation.spec.dry_run or (acting and acting.uid == operation.meta.uid):
        return None
    if acting is None:
        return no_way_yet(target)
    busy = f"Operation {acting.name} acts on {target.key}. When it has ended, make this operation anew."
    if operation.status.blocked_by != acting.name:
        return replace(goes_on(Reason.TARGET_BUSY, busy), blocked_by=acting.name)
    if _acts(operation, acting):
        return failed(Reason.TARGET_BUSY, busy)
    return no_way_yet(target)


def no_way_yet(target: Live[Any]) -> Course:
    return goes_on(Reason.RECONCILING, f"{target.key} has not made way for this operation yet.")


def _acts(operation: Operation, acting: ActingOperation) -> bool:
    """Whether that one goes on still: the target may not have seen yet that it ended."""
    live = operation.uses.get(Key(OPERATION, operation.key.namespace, acting.name))
    return live is not None and live.meta.uid == acting.uid and not live.view.status.finished
