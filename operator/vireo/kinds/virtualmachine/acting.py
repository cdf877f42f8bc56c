"""Which operation may act on a machine: one at a time, so that none undoes what another does."""

from typing import Any

from vireo.api.objects import Live
from vireo.kinds.virtualmachine.power import Machine, operations
from vireo.kinds.virtualmachine.types import ActingOperation


def acting(machine: Machine) -> ActingOperation | None:
    """The one that had its turn, until it has ended; then the oldest. A dry run acts on nothing, and needs no turn."""
    live = [one for one in operations(machine) if not one.view.status.finished and not one.view.spec.dry_run]
    before = machine.status.operation
    if before and any(one.meta.uid == before.uid for one in live):
        return before
    first = min(live, key=_age, default=None)
    return ActingOperation(name=first.meta.name, uid=first.meta.uid) if first else None


def _age(operation: Live[Any]) -> tuple[float, str]:
    made = operation.meta.creation_timestamp
    return (made.timestamp() if made else 0.0, operation.meta.name)
