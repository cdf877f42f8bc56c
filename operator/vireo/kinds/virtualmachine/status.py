"""VirtualMachine: what is so, and why."""

from typing import Final

from vireo.api.conditions import Finding, Said, conditions, fails, holds, progress
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Outcome, refusal
from vireo.kinds.pods import said
from vireo.kinds.virtualmachine.acting import acting
from vireo.kinds.virtualmachine.attached import attached, is_stopped
from vireo.kinds.virtualmachine.desired import hushed_until
from vireo.kinds.virtualmachine.figures import figures
from vireo.kinds.virtualmachine.findings import (
    STAYS_OFF,
    ending,
    guest_state,
    placed_at_next_start,
    restart_required,
    state,
)
from vireo.kinds.virtualmachine.networks import attached_networks
from vireo.kinds.virtualmachine.power import (
    RUNNING,
    Instance,
    Machine,
    Power,
    instance,
    made,
    power,
    started,
    stays_off,
)
from vireo.kinds.virtualmachine.troubles import agent_settles_at
from vireo.kinds.virtualmachine.types import Address, Guest, Phase, VirtualMachineStatus
from vireo.kinds.virtualmachine.views import Interface

PHASES: Final[dict[Power, Phase]] = {
    Power.RUNNING: "Running",
    Power.PAUSED: "Paused",
    Power.STARTING: "Starting",
    Power.STOPPING: "Stopping",
}
CAUSES: Final[dict[Reason, Phase]] = {
    Reason.STARTING: "Starting",
    Reason.CRASHED: "Failed",
    Reason.FAILED: "Failed",
    Reason.STOPPING: "Stopping",
}
RESTART_REQUIRED: Final = "RestartRequired"

FOR_A_PERSON: Final = frozenset(
    {
        Reason.BAD_SPEC,
        Reason.DISK_CONTENT_MISMATCH,
        Reason.FAILED,
        Reason.FOREIGN_OBJECT,
        Reason.INSTANCE_TYPE_EXPANDED,
        Reason.KUBEVIRT_MISSING,
        Reason.KUBEVIRT_TOO_OLD,
        Reason.NOT_ANSWERING,
        Reason.PAUSED_ON_ERROR,
        Reason.REFUSED,
        Reason.STOPPED_BY_GUEST,
        Reason.STOPPED_OUTSIDE_VIREO,
        Reason.CRASHED,
        Reason.IMAGE_PULL_FAILED,
        Reason.SCHEDULER_SILENT,
        Reason.UNSCHEDULABLE,
    }
)
"""What somebody should look at (Stalled); all else goes on by itself as soon as it can (Reconciling)."""

AS_ASKED: Final = frozenset({Reason.RUNNING, Reason.MIGRATING, Reason.STOPPED, Reason.PAUSED})
ADDRESSES_AT_MOST: Final = 32


def status_of(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> VirtualMachineStatus:
    if hushed_until(machine, desired.waiting) and not refusal(outcomes):
        return machine.status
    said_now = _said(machine, desired, outcomes)
    return machine.status if said_now == machine.status else said_now.model_copy(update=figures(machine))


def _said(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> VirtualMachineStatus:
    """All but the figures, which are as they were: those are worth no write, and ride on one that is made anyway."""
    before, generation, live = machine.status, machine.meta.generation, _guest(machine)
    cause = _cause(machine, desired, outcomes)
    said_now = (*_progress(cause), _running(machine, cause), *_restart_required(machine))
    return VirtualMachineStatus(
        observed_generation=generation,
        phase=_phase(machine, cause),
        host=live.view.status.node_name or None if live else None,
        addresses=_addresses(live) if live else (),
        guest=_known_of(machine, live) if live else None,
        networks=attached_networks(machine, desired, outcomes),
        disks=attached(machine, desired, outcomes),
        stopped=is_stopped(machine) or None,
        instance=started(machine),
        operation=acting(machine),
        last_start=before.last_start,
        last_stop=before.last_stop,
        last_migration=before.last_migration,
        applied=before.applied,
        conditions=conditions(before.conditions, said_now, generation, machine.now),
    )


def _guest(machine: Machine) -> Instance | None:
    """The instance, if its guest is up and is to stay so."""
    ends = machine.deleting or machine.spec.power_state == "Stopped"
    return instance(machine) if power(machine) in {Power.RUNNING, Power.PAUSED} and not ends else None


def _cause(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> Finding:
    """The one thing to say, in the written order: what was refused, its end, what is missing, what the guest does."""
    refused = refusal(outcomes)
    if refused and refused.finding:
        return refused.finding
    if machine.deleting:
        return ending(machine)
    stops = machine.spec.power_state == "Stopped" and power(machine) is not Power.OFF
    return state(machine) if stops else desired.waiting or state(machine)


def _progress(cause: Finding) -> tuple[Said, ...]:
    if cause.reason in AS_ASKED:
        return progress(cause)
    return progress(None, stalled=cause) if cause.reason in FOR_A_PERSON else progress(None, working=cause)


def _running(machine: Machine, cause: Finding) -> Said:
    """Whether the guest gets processor time, and if not, why: remembered when nothing else shows it any more."""
    if machine.deleting:
        return fails(RUNNING, cause)
    if machine.spec.power_state == "Stopped":
        return fails(RUNNING, state(machine))
    found, end = guest_state(machine), stays_off(machine)
    if found and power(machine) is Power.RUNNING:
        return Said(RUNNING, None if found.reason == Reason.NOT_ANSWERING else True, found)
    reason = STAYS_OFF[end].reason if end else cause.reason
    return fails(RUNNING, found or Finding(reason, "The guest does not run."))


def _restart_required(machine: Machine) -> tuple[Said, ...]:
    """KubeVirt takes it back when the machine starts anew, and not before. What it lets pass in silence is said beside."""
    live, guest = made(machine), _guest(machine)
    found = said(live.view.status.conditions, RESTART_REQUIRED) if live and instance(machine) else None
    finding = restart_required(found.message) if found else placed_at_next_start(machine, guest) if guest else None
    return (holds(RESTART_REQUIRED, finding),) if finding else ()


def _phase(machine: Machine, cause: Finding) -> Phase:
    if machine.deleting:
        return "Deleting"
    live, does = instance(machine), power(machine)
    if machine.spec.power_state == "Stopped":
        known = made(machine) or cause.reason == Reason.STOPPED
        return "Stopping" if live else "Stopped" if known else "Pending"
    if does is Power.RUNNING and live and live.view.migrates:
        return "Migrating"
    if does in PHASES and cause.reason != Reason.STOPPING:
        return PHASES[does]
    if cause.reason in CAUSES:
        return CAUSES[cause.reason]
    if live and live.meta.deletion_timestamp:
        return "Stopping"
    return "Stopped" if stays_off(machine) else "Pending"


def _addresses(live: Instance) -> tuple[Address, ...]:
    """Of the networks that the machine has; what the guest made inside itself is its own."""
    found = dict.fromkeys(
        (one.name, ip, one.mac) for one in live.view.status.interfaces if one.name for ip in _ips(one)
    )
    return tuple(
        Address(network=network, ip=ip, mac=mac or None) for network, ip, mac in list(found)[:ADDRESSES_AT_MOST]
    )


def _ips(interface: Interface) -> tuple[str, ...]:
    return interface.ip_addresses or ((interface.ip_address,) if interface.ip_address else ())


def _known_of(machine: Machine, live: Instance) -> Guest:
    status = live.view.status
    if said(status.conditions, "AgentConnected") is None or agent_settles_at(machine):
        return Guest()
    name = status.guest_os.pretty_name or status.guest_os.name
    return Guest(os=name[:253] or None, agent="Connected")
