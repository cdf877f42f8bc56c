"""The power of a machine: what its instance does, why it ended, and what KubeVirt must be told.

KubeVirt's machine has a run strategy, and makes and deletes an instance by it:

  Halted           no instance
  RerunOnFailure   one is made when the strategy was another before, or `start` is called. One whose guest shut down is deleted and
                   no other is made; one that failed is deleted and made anew
  Always           there is one, whatever happened
  Manual           one is made when `start` is called, and left as it is when it ends

`status.instance` is the memory of this: absent as long as a start is asked for, then the UID of the instance that came of it. When
that one is gone, and nobody asked for another, the machine stays off.
"""

from enum import Enum, StrEnum
from typing import Any, Final

from vireo.api.conditions import condition
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed, once
from vireo.api.resources import KUBEVIRT_INSTANCE, KUBEVIRT_MACHINE, OPERATION, POD, Key
from vireo.kinds.pods import PodView, said
from vireo.kinds.virtualmachine.types import VirtualMachineSpec, VirtualMachineStatus
from vireo.kinds.virtualmachine.views import InstanceView, MachineView

GENERATION: Final = "kubevirt.io/vm-generation"
"""On an instance: the generation of KubeVirt's machine that it is of."""
PAUSED_BY_USER: Final = "PausedByUser"
"""The reason of an instance's condition Paused that is no error."""
RUNNING: Final = "Running"
"""The condition that says whether the guest runs, whatever else is to be said of the machine."""

Machine = Observed[VirtualMachineSpec, VirtualMachineStatus]
Made = Live[MachineView]
Instance = Live[InstanceView]
Launcher = Live[PodView]


class Strategy(StrEnum):
    """KubeVirt's run strategies, those that Vireo uses."""

    ALWAYS = "Always"
    HALTED = "Halted"
    MANUAL = "Manual"
    RERUN = "RerunOnFailure"


class Power(Enum):
    """What the instance does."""

    OFF = "there is none"
    STARTING = "its guest does not run yet"
    RUNNING = "its guest runs"
    PAUSED = "its guest is there and gets no processor time"
    STOPPING = "its guest is shutting down, since the instance was deleted"
    ENDED = "its guest is gone"


class End(Enum):
    """What ended an instance."""

    GUEST = "the guest shut itself down"
    OTHERS = "somebody stopped it, and not by the spec"
    HOST = "its pod was taken from the node, or it failed"


ENDS: Final = {
    Reason.STOPPED_BY_GUEST: End.GUEST,
    Reason.STOPPED_OUTSIDE_VIREO: End.OTHERS,
    Reason.FAILED: End.HOST,
}
"""What the condition Running remembers of an instance that is gone."""


@once
def made(machine: Machine) -> Made | None:
    """KubeVirt's machine, which Vireo made for this one."""
    return machine.child(KUBEVIRT_MACHINE)


def namesake(machine: Machine) -> Made | None:
    """KubeVirt's machine of that name, if there is one, whoever made it."""
    return made(machine) or machine.uses.get(twin(machine))


@once
def instance(machine: Machine) -> Instance | None:
    return machine.child(KUBEVIRT_INSTANCE)


def launchers(machine: Machine) -> tuple[Launcher, ...]:
    """The pods of the instance: one, and while it migrates another."""
    return machine.all(POD)


def twin(machine: Machine) -> Key:
    """The name of KubeVirt's machine, whoever made it."""
    return Key(KUBEVIRT_MACHINE, machine.key.namespace, machine.key.name)


@once
def power(machine: Machine) -> Power:
    live = instance(machine)
    if live is None:
        return Power.OFF
    if live.view.final:
        return Power.ENDED
    if live.meta.deletion_timestamp:
        return Power.STOPPING
    if not live.view.runs:
        return Power.STARTING
    return Power.PAUSED if said(live.view.status.conditions, "Paused") else Power.RUNNING


def strategy(machine: Machine) -> Strategy:
    """The table of power states. KubeVirt takes RerunOnFailure after Manual, or on a new machine, for a start: not for one that
    stays off."""
    spec, live = machine.spec, made(machine)
    if spec.power_state == "Stopped":
        return Strategy.HALTED
    if spec.availability.on_host_failure == "Stay":
        return Strategy.MANUAL
    if spec.on_guest_shutdown == "Restart":
        return Strategy.ALWAYS
    starts = live is None or live.view.spec.run_strategy == Strategy.MANUAL
    return Strategy.MANUAL if starts and stays_off(machine) else Strategy.RERUN


@once
def started(machine: Machine) -> str | None:
    """The UID of the instance that the last start made, for status.instance; None while a start is to come."""
    live, before = instance(machine), machine.status.instance
    if machine.spec.power_state == "Stopped":
        return None
    if live and power(machine) not in {Power.STOPPING, Power.ENDED}:
        return None if outdated(machine) else live.meta.uid
    if before is None or (live and live.meta.uid != before):
        return None  # what ends now was to end before this start
    end = end_of(machine)
    return None if end is None or restarts(machine, end) else before


@once
def outdated(machine: Machine) -> bool:
    """Whether the instance is of an older spec and its guest has not run: nothing is lost with it, and it may never come up.

    virt-controller says so, after it has looked whether the newer spec differs in what an instance is made of.
    """
    found, live = made(machine), instance(machine)
    if found is None or live is None or power(machine) is not Power.STARTING:
        return False
    status = found.view.status
    told_of_this = live.meta.annotations.get(GENERATION) == str(status.observed_generation)
    return told_of_this and status.observed_generation < status.desired_generation == found.meta.generation


@once
def stays_off(machine: Machine) -> End | None:
    """Why a machine that should run is off, or goes off, until it is asked for again; None if it runs or is on its way."""
    if machine.spec.power_state == "Stopped" or started(machine) is None or restart_asked(machine):
        return None
    end = end_of(machine)
    return None if end is None or restarts(machine, end) else end


@once
def end_of(machine: Machine) -> End | None:
    """What ended the instance, or is ending it; None while it is to go on, or to come back.

    Told in the order of what is seen first: who stops it does so while the guest runs, and is remembered when it is gone. What
    nobody saw was others. With KubeVirt's machine itself it goes by mistake: that is made anew.
    """
    live, state, before = instance(machine), power(machine), remembered(machine)
    if restarts_by_operation(machine):
        return None
    if before is None and _comes_anew(machine):
        return None
    if live is None:
        return before or End.OTHERS
    if state is Power.STOPPING or _told_to_stop(machine, live):
        return End.OTHERS
    if state is not Power.ENDED:
        return None
    if before:
        return before
    if live.view.status.phase == "Failed" or any(pod.view.disrupted for pod in at_work(machine)):
        return End.HOST
    return End.OTHERS if _reason(machine) == Reason.STOPPING else End.GUEST


def _comes_anew(machine: Machine) -> bool:
    """Whether KubeVirt's machine is gone, goes, or is another that never had an instance."""
    found = made(machine)
    if found is None or found.meta.deletion_timestamp:
        return True
    return instance(machine) is None and not found.view.status.run_strategy


def at_work(machine: Machine) -> tuple[Launcher, ...]:
    """The pods on the node that the guest is on: not the other end of a migration."""
    live = instance(machine)
    return tuple(pod for pod in launchers(machine) if live and pod.view.spec.node_name == live.view.status.node_name)


def _told_to_stop(machine: Machine, live: Instance) -> bool:
    found = made(machine)
    requests = found.view.status.state_change_requests if found else ()
    return any(one.action == "Stop" and one.uid == live.meta.uid for one in requests)


def remembered(machine: Machine) -> End | None:
    """What was said of the end before: KubeVirt deletes an instance that ended, and with it what it knew."""
    return next((end for reason, end in ENDS.items() if reason == _reason(machine)), None)


def _reason(machine: Machine) -> str:
    running = condition(machine.status.conditions, RUNNING)
    return running.reason if running else ""


def restarts(machine: Machine, end: End) -> bool:
    """Whether the spec wants the machine started again after such an end."""
    match end:
        case End.GUEST:
            return machine.spec.on_guest_shutdown == "Restart"
        case End.HOST:
            return machine.spec.availability.on_host_failure == "Restart"
        case End.OTHERS:
            return machine.spec.on_guest_shutdown == machine.spec.availability.on_host_failure == "Restart"


def restart_asked(machine: Machine) -> bool:
    """Whether virt-controller was told to start the machine and has yet to do so."""
    live = made(machine)
    return live is not None and any(one.action == "Start" for one in live.view.status.state_change_requests)


def operations(machine: Machine) -> tuple[Live[Any], ...]:
    """The operations that name the machine, whatever became of them."""
    return tuple(one for one in machine.users if one.resource == OPERATION and not one.view.invalid)


def restarts_by_operation(machine: Machine) -> bool:
    """Whether a restart was decided on the instance that the last start made: when that one ends, another is to come."""
    decided_on = {
        one.view.status.acted.uid
        for one in operations(machine)
        if one.view.spec.action == "Restart" and one.view.status.acted
    }
    return machine.status.instance in decided_on


def waits_for_start(machine: Machine) -> bool:
    """Whether KubeVirt does not start the machine by itself, or takes it for started: it must be called to start it.

    A start that came to nothing (a webhook was away) and a Halted that virt-controller never saw look so too. A call too many is
    harmless: KubeVirt forgets it where there is an instance.
    """
    live, wanted = made(machine), strategy(machine)
    if live is None or live.meta.deletion_timestamp or wanted not in {Strategy.RERUN, Strategy.MANUAL}:
        return False
    status = live.view.status
    busy = status.state_change_requests or live.view.spec.run_strategy != wanted
    if busy or started(machine) is not None:
        return False
    found = instance(machine)
    if wanted is Strategy.MANUAL and found and found.view.final:
        return found.meta.deletion_timestamp is None
    return found is None and not status.created and (wanted is Strategy.MANUAL or status.run_strategy == wanted)
