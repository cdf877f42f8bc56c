"""VirtualMachine: KubeVirt's machine that should be, what it must be told, and what keeps this object from its end."""

from datetime import datetime, timedelta
from typing import Final

from vireo.api.conditions import READY, Finding, condition, pause
from vireo.api.names import FINALIZER
from vireo.api.reasons import Reason
from vireo.api.reconcile import Call, Desired
from vireo.api.resources import INSTANCE_SUBRESOURCES, MACHINE_SUBRESOURCES, Key
from vireo.kinds.pods import said
from vireo.kinds.virtualmachine.attached import leftovers
from vireo.kinds.virtualmachine.checks import why_not
from vireo.kinds.virtualmachine.power import (
    PAUSED_BY_USER,
    Instance,
    Machine,
    Power,
    Strategy,
    instance,
    made,
    outdated,
    power,
    waits_for_start,
)
from vireo.kinds.virtualmachine.template import kubevirt_machine
from vireo.kinds.virtualmachine.troubles import agent_settles_at, looks_again

PATIENCE: Final = timedelta(seconds=3)
"""What a new machine names, and its instance, come in the next moment: that they are not there yet is not told for so long."""
COMES: Final = frozenset(
    {
        Reason.RECONCILING,
        Reason.DISK_MISSING,
        Reason.DISK_NOT_READY,
        Reason.SECRET_MISSING,
        Reason.INSTANCE_TYPE_MISSING,
        Reason.PREFERENCE_MISSING,
    }
)
ASKED_FIRST: Final = timedelta(seconds=1)
ASKED_AT_LEAST: Final = timedelta(seconds=30)
"""How soon, and how late, a Secret that is missing is asked for again: Secrets are not watched, since nobody may list them."""


def desired(machine: Machine) -> Desired:
    """Where something is missing KubeVirt's machine stays as it is, but for its power: stopping and pausing need nothing."""
    if machine.deleting:
        return _end(machine)
    waiting = why_not(machine)
    return Desired(
        children=() if waiting else (kubevirt_machine(machine),),
        delete=() if waiting else _replaced(machine),
        calls=(*_stop(machine, waiting), *_start(machine, waiting), *_pause(machine)),
        finalizer=waiting is None or FINALIZER in machine.meta.finalizers,
        wake_at=_wake_at(machine, waiting),
        waiting=waiting,
    )


def _wake_at(machine: Machine, waiting: Finding | None) -> datetime | None:
    """The soonest moment at which something is to be said, or looked at, that nobody tells of."""
    due = (
        hushed_until(machine, waiting),
        asks_again(machine, waiting),
        looks_again(machine),
        agent_settles_at(machine),
    )
    return min((one for one in due if one), default=None)


def hushed_until(machine: Machine, waiting: Finding | None) -> datetime | None:
    """Until when nothing is said of a machine that was made a moment ago: it waits for what comes with it, or for its instance."""
    born = machine.meta.creation_timestamp
    if born is None or machine.status.conditions or not timedelta() <= machine.now - born < PATIENCE:
        return None
    starts = machine.spec.power_state != "Stopped" and power(machine) is Power.OFF
    return born + PATIENCE if (waiting.reason in COMES if waiting else starts) else None


def asks_again(machine: Machine, waiting: Finding | None) -> datetime | None:
    """When to ask again for the Secret that is missing: less often the longer it is."""
    if waiting is None or waiting.reason is not Reason.SECRET_MISSING:
        return None
    said = condition(machine.status.conditions, READY)
    missing = machine.now - said.last_transition_time if said else timedelta()
    return machine.now + pause(missing, ASKED_FIRST, ASKED_AT_LEAST)


def _end(machine: Machine) -> Desired:
    """KubeVirt's machine goes first, and with it instance and pods; only then may others have the disks."""
    live = made(machine)
    return Desired(
        delete=(live,) if live else (),
        finalizer=bool(machine.children or leftovers(machine)),
        wake_at=looks_again(machine),
    )


def _replaced(machine: Machine) -> tuple[Instance, ...]:
    """An instance that never ran, of an older spec: it goes, once status.instance says that another start is to come."""
    live = instance(machine)
    return (live,) if live and outdated(machine) and machine.status.instance is None else ()


def _stop(machine: Machine, waiting: Finding | None) -> tuple[Call, ...]:
    """Where KubeVirt's machine can not be applied as a whole, its strategy alone is set."""
    live = made(machine)
    if waiting is None or live is None or machine.spec.power_state != "Stopped":
        return ()
    if live.view.spec.run_strategy == Strategy.HALTED:
        return ()
    body = {"spec": {"runStrategy": Strategy.HALTED.value}}
    return (Call("Stop", live.key, body=body, patch=True, uid=live.meta.uid),)


def _start(machine: Machine, waiting: Finding | None) -> tuple[Call, ...]:
    """Its 409 says that the machine runs already."""
    if waiting or not waits_for_start(machine):
        return ()
    target = Key(MACHINE_SUBRESOURCES, machine.key.namespace, machine.key.name)
    return (Call("Start", target, "start", done_when=(409,)),)


def _pause(machine: Machine) -> tuple[Call, ...]:
    """A guest that KubeVirt itself paused, for its disk does not answer or it migrates, is left to it."""
    live, state = instance(machine), power(machine)
    if live is None or live.view.migrates:
        return ()
    target = Key(INSTANCE_SUBRESOURCES, machine.key.namespace, machine.key.name)
    if machine.spec.power_state == "Paused" and state is Power.RUNNING:
        return (Call("Pause", target, "pause", done_when=(409,)),)
    found = said(live.view.status.conditions, "Paused")
    if machine.spec.power_state == "Running" and state is Power.PAUSED and found and found.reason == PAUSED_BY_USER:
        return (Call("Unpause", target, "unpause", done_when=(409,)),)
    return ()
