"""Why a machine does not come up, in the words of those who know: scheduler, kubelet, KubeVirt."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from vireo.api.conditions import READY, Finding, condition, pause
from vireo.api.reasons import Reason
from vireo.api.resources import Key
from vireo.kinds.pods import IMAGE_TROUBLES, USUAL_WAITS, Waiting, said, seen_by, silent, stable
from vireo.kinds.virtualmachine.power import Launcher, Machine, Power, instance, launchers, made, power

SETTLES: Final = timedelta(seconds=5)
"""A start passes through states that look like trouble: what passes within this time is not told."""
LATEST: Final = timedelta(minutes=5)
SLACK: Final = timedelta(seconds=30)
"""What the end of an instance may take beside the guest's own time."""


def trouble(machine: Machine) -> Finding | None:
    """What keeps the guest from running; None if it runs, or may be on its way."""
    if power(machine) is Power.STARTING and not settling(machine):
        checks = (_image, _unschedulable, _scheduler_silent, _container, _instance, _mount)
        found = (check(machine) for check in checks)
        if finding := next((one for one in found if one), None):
            return finding
    return _crashed(machine) or _not_made(machine)


def settling(machine: Machine) -> bool:
    live = instance(machine)
    born = live.meta.creation_timestamp if live else None
    return born is not None and machine.now - born < SETTLES


def puzzles(machine: Machine) -> tuple[Key, ...]:
    """A pod that was placed and does not get on, since nothing but events says why; and an instance that failed."""
    if power(machine) is Power.STARTING and not settling(machine):
        return tuple(
            pod.key for pod in launchers(machine) if pod.view.spec.node_name and pod.view.status.phase == "Pending"
        )
    live = instance(machine)
    return (live.key,) if live and live.view.status.phase == "Failed" else ()


def agent_settles_at(machine: Machine) -> datetime | None:
    """Until when nothing is said of an agent that has just connected: what it knows of its guest comes a moment later."""
    live = instance(machine)
    found = said(live.view.status.conditions, "AgentConnected") if live else None
    if live is None or found is None or found.last_probe_time is None or live.view.status.guest_os.name:
        return None
    return found.last_probe_time + SETTLES if machine.now < found.last_probe_time + SETTLES else None


def overdue(machine: Machine) -> bool:
    """Whether the instance should have ended by now."""
    due = _due(machine)
    return due is not None and machine.now >= due


def looks_again(machine: Machine) -> datetime | None:
    """When to look at what takes long: events wake nobody. At a start soon at first, later the longer it lasts."""
    live = instance(machine)
    born = live.meta.creation_timestamp if live else None
    if power(machine) is Power.STARTING and born:
        return max(born + SETTLES, machine.now + pause(machine.now - born, SETTLES, LATEST))
    return None if overdue(machine) else _due(machine)


def _due(machine: Machine) -> datetime | None:
    """When an instance that is deleted should be gone."""
    live = instance(machine)
    deleted = live.meta.deletion_timestamp if live else None
    return deleted + machine.spec.grace_period + SLACK if deleted else None


def _image(machine: Machine) -> Finding | None:
    found = next((one for _, one in _waits(machine) if one.reason in IMAGE_TROUBLES), None)
    if found is None:
        return None
    return Finding(
        Reason.IMAGE_PULL_FAILED,
        f"An image can not be pulled; the node goes on trying. Correct spec.bootDisk.image, or see to the registry. It says: "
        f"{stable(found.message or found.reason)}",
    )


def _unschedulable(machine: Machine) -> Finding | None:
    for pod in launchers(machine):
        if found := said(pod.view.status.conditions, "PodScheduled", "False"):
            return Finding(
                Reason.UNSCHEDULABLE, f"No node can take the machine. The scheduler says: {stable(found.message)}"
            )
    return None


def _scheduler_silent(machine: Machine) -> Finding | None:
    live, due = instance(machine), [seen_by(pod) for pod in launchers(machine)]
    if live is None or not any(one <= machine.now for one in due if one):
        return None
    return Finding(
        Reason.SCHEDULER_SILENT, f"The machine's pod waits for a node. {silent(live.view.spec.scheduler_name)}"
    )


def _container(machine: Machine) -> Finding | None:
    """A container of the pod that can not be made or does not stay up."""
    found = next((one for _, one in _waits(machine) if one.reason not in USUAL_WAITS | IMAGE_TROUBLES), None)
    if found is None:
        return None
    return Finding(
        Reason.STARTING,
        f"The machine's pod can not start; the node goes on trying. It says: {found.reason}: {stable(found.message)}",
    )


def _instance(machine: Machine) -> Finding | None:
    """KubeVirt could not make the pod, or the guest in it."""
    live = instance(machine)
    found = said(live.view.status.conditions, "Synchronized", "False") if live else None
    if found is None:
        return None
    return Finding(
        Reason.STARTING,
        f"KubeVirt can not start the machine; it goes on trying. It says: {found.reason}: {stable(found.message)}",
    )


def _mount(machine: Machine) -> Finding | None:
    words = next((note for pod in launchers(machine) if (note := machine.warnings.get(pod.key))), "")
    if not words.startswith("Failed"):
        return None
    return Finding(
        Reason.STARTING,
        f"The machine's pod does not start on its node; the node goes on trying. It says: {stable(words)}",
    )


def _crashed(machine: Machine) -> Finding | None:
    """It failed before its guest ran, and KubeVirt makes another instance, at longer and longer intervals."""
    live = made(machine)
    if live is None or live.view.status.start_failure is None or power(machine) in {Power.RUNNING, Power.PAUSED}:
        return None
    failed = instance(machine)
    words = machine.warnings.get(failed.key, "") if failed else ""
    ready = condition(machine.status.conditions, READY)
    if not words and ready and ready.reason == Reason.CRASHED:
        return Finding(Reason.CRASHED, ready.message)
    told = f" It says: {stable(words)}" if words else ""
    return Finding(
        Reason.CRASHED, f"The machine failed before its guest ran; KubeVirt goes on trying, less and less often.{told}"
    )


def _not_made(machine: Machine) -> Finding | None:
    """KubeVirt could not even make the instance."""
    live = made(machine)
    found = said(live.view.status.conditions, "Failure") if live and instance(machine) is None else None
    if found is None:
        return None
    return Finding(
        Reason.STARTING,
        f"KubeVirt can not start the machine; it goes on trying. It says: {found.reason}: {stable(found.message)}",
    )


def _waits(machine: Machine) -> Iterator[tuple[Launcher, Waiting]]:
    """The containers that do not run yet, with why, in the order that they start."""
    for pod in launchers(machine):
        for container in pod.view.containers:
            if waiting := container.waits:
                yield pod, waiting
