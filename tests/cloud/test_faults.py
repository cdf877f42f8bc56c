"""What places machines is silent, killed, or hangs: new ones are placed all the same, and what is not known is said."""

import os
import signal
from collections.abc import Iterator

import msgspec
import pytest
from support.user import MACHINES, User, machine

from bench.usage import PROGRAM, command
from cloud import cgroups
from cloud.api import ApiError
from cloud.extender import sources
from cloud.settings import Settings
from cloud.steps import NotYet
from cloud.vireo import NAMESPACE
from vireo.api.names import ANNOTATION_PLACEMENT
from vireo.load.decision import Decision, again

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

SCHEDULERS = "app.kubernetes.io/component=scheduler"
METRICS = "deployment/metrics-server"


@pytest.fixture
def unmeasured(settings: Settings) -> Iterator[None]:
    """Nothing measures what nodes and pods use."""
    system = User(settings, "kube-system")
    system.kubectl("scale", METRICS, "--replicas=0")
    try:
        yield
    finally:
        system.kubectl("scale", METRICS, "--replicas=1")
        system.kubectl("rollout", "status", METRICS, "--timeout=120s")
        system.until("the load to be measured again", lambda: _check_measured(settings, answers=True))
        system.until("it to be said", lambda: _check_component(system, "Supported"))


def test_while_nothing_is_measured_machines_are_placed_by_what_is_known_and_it_is_said(
    unmeasured: None,  # noqa: ARG001
    there: User,
) -> None:
    there.until("the extenders to know", lambda: _check_measured(there.settings, answers=False))
    there.until("it to be said", lambda: _check_component(there, "Missing"))
    code, _, said = there.vireo("top", "nodes")
    assert (code, said.startswith("nothing measured is shown, and LOAD is of what was promised")) == (0, True), said
    there.apply(machine("a"))
    there.until_ready(MACHINES, "a", "Running")
    found = there.until("the placement to be recorded", lambda: _decision(there))
    assert again(found)
    assert found.grounds.memory == "Promised"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
def test_without_its_extenders_the_scheduler_places_and_they_are_started_anew(there: User, how: signal.Signals) -> None:
    before = _restarts(there.settings)
    for pid in _extenders(there.settings):
        os.kill(pid, how)
    there.apply(*(machine(f"m{number}") for number in range(3)))
    for number in range(3):
        there.until_ready(MACHINES, f"m{number}", "Running")
    there.until("the extenders to be started anew", lambda: _check_restarted(there.settings, before))
    there.until("them to measure", lambda: _check_measured(there.settings, answers=True))


def _extenders(settings: Settings) -> list[int]:
    found = [pid for pid in cgroups.members(settings.network.cgroup) if {PROGRAM, b"extender"} <= {*command(pid)}]
    assert found
    return found


def _restarts(settings: Settings) -> dict[str, int]:
    pods = User(settings, NAMESPACE).items("pods", SCHEDULERS)
    return {
        pod["metadata"]["name"]: one["restartCount"]
        for pod in pods
        for one in pod["status"]["containerStatuses"]
        if one["name"] == "extender"
    }


def _check_restarted(settings: Settings, before: dict[str, int]) -> None:
    now = _restarts(settings)
    if now.keys() != before.keys() or any(now[pod] == before[pod] for pod in now):
        raise NotYet(str(now))


def _check_measured(settings: Settings, *, answers: bool) -> None:
    try:
        found = [one.get("metrics.k8s.io", 0.0) for one in sources(settings)]
    except ApiError as error:
        raise NotYet(str(error)) from error
    if not found or any(bool(one) != answers for one in found):
        raise NotYet(str(found))


def _check_component(user: User, state: str) -> None:
    found = user.component("Metrics")
    if found["state"] != state:
        raise NotYet(str(found))


def _decision(user: User) -> Decision:
    (pod,) = user.items("pods", "kubevirt.io=virt-launcher")
    if text := pod["metadata"].get("annotations", {}).get(ANNOTATION_PLACEMENT):
        return msgspec.json.decode(text, type=Decision)
    raise NotYet("no annotation")
