"""What a machine does, as the sentences that its conditions say: one for each state, and nothing in them that changes by itself."""

from typing import Final

from vireo.api.conditions import Finding
from vireo.api.names import ANNOTATION_SENSITIVITY
from vireo.api.quantities import duration_text
from vireo.api.reasons import Reason
from vireo.kinds.placement import sensitivity_annotation
from vireo.kinds.pods import said, stable
from vireo.kinds.virtualmachine.attached import leftovers
from vireo.kinds.virtualmachine.power import (
    PAUSED_BY_USER,
    End,
    Instance,
    Machine,
    Power,
    at_work,
    instance,
    launchers,
    outdated,
    power,
    stays_off,
)
from vireo.kinds.virtualmachine.troubles import overdue, trouble

NEXT_START: Final = "set spec.powerState to Stopped, wait until that is Ready, and set it to Running"
ASK_AGAIN: Final = f"To start it, {NEXT_START}; or call virtctl start"

STOPPED: Final = Finding(Reason.STOPPED, "The machine is stopped.")
STARTING: Final = Finding(Reason.STARTING, "The machine was told to start.")
STARTING_AGAIN: Final = Finding(
    Reason.STARTING, "The machine starts again as soon as what is left of its last run has ended."
)
POD_GOES: Final = Finding(Reason.STOPPING, "The machine's pod is being deleted, so the guest was told to shut down.")
RENEWED: Final = Finding(Reason.STARTING, "The machine starts anew, since its spec was changed before its guest ran.")
PAUSING: Final = Finding(Reason.PAUSING, "The guest was told to pause.")
GOING_ON: Final = Finding(Reason.PAUSING, "The guest was told to go on.")

STAYS_OFF: Final = {
    End.GUEST: Finding(
        Reason.STOPPED_BY_GUEST,
        f"The guest shut itself down, and is left off as spec.onGuestShutdown says. {ASK_AGAIN}.",
    ),
    End.OTHERS: Finding(
        Reason.STOPPED_OUTSIDE_VIREO,
        f"The machine was stopped, and not by spec.powerState, so it is left off. {ASK_AGAIN}.",
    ),
    End.HOST: Finding(
        Reason.FAILED,
        f"The machine or its node failed, and it is left off as spec.availability.onHostFailure says. {ASK_AGAIN}.",
    ),
}


def state(machine: Machine) -> Finding:
    """What the machine does, against the power state that its spec asks for."""
    if machine.spec.power_state == "Stopped":
        return STOPPED if power(machine) is Power.OFF else _stopping(machine)
    if end := stays_off(machine):
        return STAYS_OFF[end]
    if outdated(machine):
        return RENEWED
    return trouble(machine) or guest_state(machine) or _on_its_way(machine)


def guest_state(machine: Machine) -> Finding | None:
    """What the guest does, if it is up."""
    match power(machine):
        case Power.RUNNING:
            return _runs(machine)
        case Power.PAUSED:
            return _paused(machine)
        case _:
            return None


def _runs(machine: Machine) -> Finding:
    live = instance(machine)
    assert live is not None, "what runs is there"
    if machine.spec.power_state == "Paused":
        return PAUSING
    if any(pod.meta.deletion_timestamp for pod in at_work(machine)):
        return POD_GOES
    if live.view.silent:
        return _silent(live.view.status.node_name)
    if live.view.migrates:
        return Finding(Reason.MIGRATING, "The guest runs, and is being moved to another node.")
    return Finding(Reason.RUNNING, f"The guest runs on {live.view.status.node_name}.")


def _silent(node: str) -> Finding:
    return Finding(
        Reason.NOT_ANSWERING,
        f"Nobody knows whether the guest runs, since {node} does not answer. See whether that node is well: kubectl describe node {node}",
    )


def _paused(machine: Machine) -> Finding:
    live = instance(machine)
    assert live is not None, "what is paused is there"
    found = said(live.view.status.conditions, "Paused")
    assert found is not None, "what is paused has the condition"
    if live.view.migrates:
        return Finding(
            Reason.MIGRATING, "The guest stands still for a moment, since it is being moved to another node."
        )
    if found.reason != PAUSED_BY_USER:
        return Finding(
            Reason.PAUSED_ON_ERROR,
            f"KubeVirt paused the guest on {live.view.status.node_name}: {stable(found.message)}. See whether the disks' datastore is "
            f"full or away; when it is well, call virtctl unpause vmi {machine.meta.name}.",
        )
    if machine.spec.power_state == "Paused":
        return Finding(Reason.PAUSED, f"The guest is paused on {live.view.status.node_name}.")
    return GOING_ON


def _on_its_way(machine: Machine) -> Finding:
    if power(machine) not in {Power.STOPPING, Power.ENDED}:
        return STARTING
    return Finding(Reason.STARTING, _no_end(machine)) if overdue(machine) else STARTING_AGAIN


def _stopping(machine: Machine) -> Finding:
    if overdue(machine):
        return Finding(Reason.STOPPING, _no_end(machine))
    return Finding(
        Reason.STOPPING, f"The guest was told to shut down. It may take {_grace(machine)} (spec.gracePeriod)."
    )


def ending(machine: Machine) -> Finding:
    """What the end of a machine waits for, and the way out where it waits for what does not come."""
    if left := leftovers(machine):
        return Finding(
            Reason.DELETING,
            f"{left[0].key} was taken out of Vireo's hands and still has disks of this machine. Delete it; then this machine is gone.",
        )
    if instance(machine) is None:
        return Finding(Reason.DELETING, "The machine is being deleted.")
    if overdue(machine):
        return Finding(Reason.DELETING, _no_end(machine))
    return Finding(
        Reason.DELETING,
        f"The machine is gone when its guest has shut down. It may take {_grace(machine)} (spec.gracePeriod).",
    )


def restart_required(words: str) -> Finding:
    return Finding(
        Reason.RESTART_REQUIRED,
        f"A change of the spec takes effect at the next start: {NEXT_START}. KubeVirt says: {stable(words)}",
    )


def placed_at_next_start(machine: Machine, live: Instance) -> Finding | None:
    """What of the placement has not reached the guest. KubeVirt says nothing of it: it moves no guest for a node that is named, and
    gives no annotation to a pod that is there."""
    wish, node = machine.spec.placement, live.view.status.node_name
    if wish.host and wish.host != node:
        return Finding(
            Reason.RESTART_REQUIRED,
            f"The guest runs on {node}, and on {wish.host} (spec.placement.host) from its next start: {NEXT_START}. Or move it there while "
            "it runs, by an Operation Migrate.",
        )
    weighs = sensitivity_annotation(wish.sensitivity).get(ANNOTATION_SENSITIVITY)
    if weighs != live.meta.annotations.get(ANNOTATION_SENSITIVITY):
        return Finding(
            Reason.RESTART_REQUIRED, f"spec.placement.sensitivity takes effect at the next start: {NEXT_START}."
        )
    return None


def _grace(machine: Machine) -> str:
    return duration_text(machine.spec.grace_period)


def _no_end(machine: Machine) -> str:
    """Only a node can say that a guest on it has ended; one that is off never does. Where one has said so, that node is not to blame."""
    live = instance(machine)
    if live is None or not live.view.status.node_name:
        return "The instance does not end, though it has no node. See why: kubectl describe vmi " + machine.meta.name
    node = live.view.status.node_name
    left = sorted({pod.view.spec.node_name for pod in launchers(machine)} - {node})
    if live.view.status.phase == "Succeeded" and left:
        return (
            f"The guest has ended, and the pod that it had on {', '.join(left)} before it moved has not. See why: kubectl describe pods -n "
            f"{machine.key.namespace} -l vm.kubevirt.io/name={machine.meta.name}."
        )
    return (
        f"The guest should have ended, and {node} does not say that it has. See whether that node is well. If it is off for good, "
        f"say so: kubectl taint nodes {node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute."
    )
