"""The instance on the node that owns it: its way from Scheduled to Running, what is then said of it, and its end."""

from cloud.simulated.player import status
from cloud.simulated.player.domain import Domain, asked_to_end, grace_of
from cloud.simulated.player.instance import node_of, phase_of, remove_condition, set_phase
from cloud.simulated.player.pods import Pod
from cloud.simulated.player.scene import Scene, Turn


def own(turn: Turn, domain: Domain, scene: Scene) -> None:
    """One look of the owner's virt-handler at an instance that is Scheduled or Running."""
    node = node_of(turn.vmi)
    pod = scene.pod_on(node, turn.vmi)
    if pod is None:
        if scene.over_on(node, turn.vmi):
            _stopped(turn, "Failed", scene)
        return
    ending = pod.terminating or asked_to_end(turn.vmi) is not None
    if phase_of(turn.vmi) == "Scheduled":
        _start(turn, domain, scene, pod, ending)
    else:
        _run(turn, domain, scene, pod, ending)


def _start(turn: Turn, domain: Domain, scene: Scene, pod: Pod, ending: bool) -> None:
    if ending:
        _stopped(turn, "Failed", scene)
    elif scene.now < domain.runs_from:
        status.describe_prepared(turn.vmi)
        turn.wake_at(scene, domain.runs_from)
    else:
        set_phase(turn.vmi, "Running", scene.now)
        status.describe_running(turn.vmi, domain, pod.status.podIP, scene.now)
        turn.say(pod.node, "Created", "VirtualMachineInstance defined.")
        turn.say(pod.node, "Started", "VirtualMachineInstance started.")
        turn.wake_at(scene, domain.agent_from)


def _run(turn: Turn, domain: Domain, scene: Scene, pod: Pod, ending: bool) -> None:
    if ending and not domain.shutting_down:
        domain.shut_down(scene.durations, grace_of(turn.vmi), scene.now)
        turn.say(pod.node, "ShuttingDown", "Signaled Graceful Shutdown")
    if domain.is_off(scene.now):
        by_force = domain.killed_from < domain.off_from and grace_of(turn.vmi) > 0
        _stopped(turn, "Failed" if by_force else "Succeeded", scene)
        return
    status.describe_running(turn.vmi, domain, pod.status.podIP, scene.now)
    turn.wake_at(scene, domain.agent_from, domain.frozen_until, domain.off_from, domain.killed_from)


def _stopped(turn: Turn, phase: str, scene: Scene) -> None:
    node = node_of(turn.vmi)
    remove_condition(turn.vmi, "AgentConnected")
    set_phase(turn.vmi, phase, scene.now)
    turn.say(node, "Deleted", "Signaled Deletion")
    if phase == "Succeeded":
        turn.say(node, "Stopped", "The VirtualMachineInstance was shut down.")
    else:
        turn.say(node, "Stopped", "The VirtualMachineInstance crashed.", "Warning")
