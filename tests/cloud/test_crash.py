"""The operator is killed before each of its writes in turn: what starts after it reaches the same end, with nothing lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from support.user import DISKS, MACHINES, OPERATIONS, PATIENCE, User, disk, machine, operation

from cloud import audit
from cloud.api import condition
from cloud.settings import Settings
from vireo.api.resources import Key
from vireo.kube.client import Client
from vireo.process.run import Operator

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

OPERATOR = "deployment/vireo-operator"
PODS = "app.kubernetes.io/component=operator"
ADMINISTRATOR = "vireo-admin"
"""Whose kubeconfig the operators of these tests have."""


class Killed(BaseException):
    """Not an Exception: nothing in the operator may take it for an error of a reconcile and go on."""


@pytest.fixture(scope="module")
def no_other_operator(settings: Settings) -> Iterator[None]:
    """The cloud's own operator rests meanwhile."""
    vireo = User(settings, "vireo")
    vireo.kubectl("scale", OPERATOR, "--replicas=0")
    try:
        vireo.kubectl("wait", "pods", f"--selector={PODS}", "--for=delete", "--timeout=60s")
        yield
    finally:
        vireo.kubectl("scale", OPERATOR, "--replicas=2")
        vireo.kubectl("rollout", "status", OPERATOR, "--timeout=120s")


async def test_a_machine_and_its_disk_come_to_the_same_end_wherever_the_operator_is_killed(
    no_other_operator: None,  # noqa: ARG001
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(user.settings.kubeconfig))
    user.apply(disk("d", deletionPolicy="Delete"), machine("a", disks=[{"name": "data", "disk": "d"}]))
    assert await _lives_of_operators(user, lambda: _is_ready(user)) > 4, "nothing was shown"
    assert _claims(user) == ["persistentvolumeclaim/d"]

    user.delete(MACHINES, "a", wait=False)
    user.delete(DISKS, "d", wait=False)
    assert await _lives_of_operators(user, lambda: _is_gone(user)) > 2, "nothing was shown"
    assert _claims(user) == []


async def test_an_operation_acts_once_wherever_the_operator_is_killed(
    no_other_operator: None,  # noqa: ARG001
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(user.settings.kubeconfig))
    user.apply(machine("a"))
    await _lives_of_operators(user, lambda: _holds(user, MACHINES, "a", "Ready"))
    since = audit.mark(user.settings)

    user.apply(operation("move", "a", "Migrate"))
    assert await _lives_of_operators(user, lambda: _holds(user, OPERATIONS, "move", "Complete")) > 2, (
        "nothing was shown"
    )
    user.apply(operation("again", "a", "Restart"))
    assert await _lives_of_operators(user, lambda: _holds(user, OPERATIONS, "again", "Complete")) > 2, (
        "nothing was shown"
    )

    acts = [one for one in audit.writes(user.settings, since, ADMINISTRATOR) if one.namespace == user.namespace]
    done = Counter((one.verb, one.resource) for one in acts if one.code < 300)
    assert done["create", "virtualmachineinstancemigrations"] == 1
    assert done["delete", "virtualmachineinstances"] == 1


async def _lives_of_operators(user: User, ended: Callable[[], bool]) -> int:
    """How many operators it took, each of which was killed before its second write, until the end was reached."""
    lives = 1
    while not await _lives_to_see(user, ended):
        lives += 1
        assert lives < 60, "the operators write for ever"
    return lives


async def _lives_to_see(user: User, ended: Callable[[], bool]) -> bool:
    """Runs an operator; False if it was killed."""
    async with await Client.connect() as client:
        operator, stop = Operator(client), asyncio.Event()
        operator.gate.for_each_write = _kill_before_the_second(user.namespace)
        life = asyncio.create_task(operator.run(0, stop))
        async with asyncio.timeout(PATIENCE):
            while not life.done():
                if await asyncio.to_thread(ended):
                    stop.set()
                    await asyncio.gather(life, return_exceptions=True)
                    return True
                await asyncio.wait((life,), timeout=0.3)
        assert isinstance(_only(life.exception()), Killed), life.exception()
        return False


def _kill_before_the_second(namespace: str) -> Callable[[str, Key], None]:
    written: list[str] = []

    def note(verb: str, key: Key) -> None:
        if verb != "DRY-RUN" and key.namespace == namespace:
            if written:
                raise Killed(f"{verb} {key}")
            written.append(verb)

    return note


def _only(error: BaseException | None) -> BaseException | None:
    """The one error in nested groups of tasks."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _is_ready(user: User) -> bool:
    return _holds(user, MACHINES, "a", "Ready") and _holds(user, DISKS, "d", "Ready")


def _holds(user: User, resource: str, name: str, type_: str) -> bool:
    return condition(user.get(resource, name) or {}, type_).get("status") == "True"


def _is_gone(user: User) -> bool:
    return user.get(MACHINES, "a") is None and user.get(DISKS, "d") is None


def _claims(user: User) -> list[str]:
    return user.kubectl("get", "persistentvolumeclaims", "--output=name").split()
