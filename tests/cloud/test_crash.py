"""The operator is killed before each of its writes in turn: what starts after it reaches the same end, with nothing lost or doubled."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from support.user import DISKS, MACHINES, PATIENCE, User, disk, machine

from cloud.api import condition
from cloud.settings import Settings
from vireo.api.resources import Key
from vireo.kube.client import Client
from vireo.process.run import Operator

pytestmark = pytest.mark.cloud

OPERATOR = "deployment/vireo-operator"


class Killed(BaseException):
    """Not an Exception: nothing in the operator may take it for an error of a reconcile and go on."""


@pytest.fixture(scope="module")
def no_other_operator(settings: Settings) -> Iterator[None]:
    """The cloud's own operator rests meanwhile."""
    vireo = User(settings, "vireo")
    vireo.kubectl("scale", OPERATOR, "--replicas=0")
    vireo.kubectl("wait", "pods", "--all", "--for=delete", "--timeout=60s")
    yield
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
                    await asyncio.wait((life,))
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
    found = [user.get(MACHINES, "a"), user.get(DISKS, "d")]
    return all(one is not None and condition(one, "Ready").get("status") == "True" for one in found)


def _is_gone(user: User) -> bool:
    return user.get(MACHINES, "a") is None and user.get(DISKS, "d") is None


def _claims(user: User) -> list[str]:
    return user.kubectl("get", "persistentvolumeclaims", "--output=name").split()
