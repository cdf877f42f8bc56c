"""Which operation may act on a machine."""

from vireo.kinds.turns import ActingOperation, whose_turn
from vireo.kinds.virtualmachine.power import Machine, operations


def acting(machine: Machine) -> ActingOperation | None:
    found = whose_turn(machine.status.operation, operations(machine))
    return ActingOperation(name=found.meta.name, uid=found.meta.uid) if found else None
