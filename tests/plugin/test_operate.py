"""An act is an Operation that is made, and followed to its end: the exit code says how it ended."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from aiohttp import web
from plugin.objects import Object, condition
from plugin.program import Handler, answer, played, run, start

MACHINE = "/apis/vireo.dev/v1alpha1/namespaces/shop/virtualmachines/a"
OPERATIONS = "/apis/vireo.dev/v1alpha1/namespaces/shop/operations"
NAME = "restart-a-x7k2p"
GOES_ON = [condition("Complete", "False", "Restarting", "a is told to stop.")]
DONE = [condition("Complete", "True", "Completed", "a was started.")]
FAILED = [condition("Complete", "False", "NotRunning", "a does not run."), condition("Failed", "True", "NotRunning")]


def made(*conditions: Object) -> Object:
    meta = {"name": NAME, "namespace": "shop", "managedFields": [{"manager": "kubectl-vireo"}]}
    return {"kind": "Operation", "metadata": meta, "status": {"conditions": list(conditions)}}


class Cluster:
    """Has a machine `a`, and answers of the operation that is made what it is told to, one after the other, the last for ever."""

    def __init__(self, *answers: Handler) -> None:
        self.asked: list[Object] = []
        self._left = list(answers)
        self.answers = {MACHINE: answer({}), OPERATIONS: self._make, f"{OPERATIONS}/{NAME}": self._get}

    async def _make(self, request: web.Request) -> web.StreamResponse:
        assert request.query["fieldManager"] == "kubectl-vireo"
        self.asked.append(await request.json())
        return web.json_response(made(), status=201, headers={"Warning": '299 - "it \\"may\\" not go"'})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        return await (self._left.pop(0) if len(self._left) > 1 else self._left[0])(request)


async def operated(path: Path, cluster: Cluster, *arguments: str) -> tuple[int, str, str]:
    async with played(path, cluster.answers) as kubeconfig:
        return await run(kubeconfig, *arguments)


@pytest.mark.parametrize(
    ("arguments", "migrate"),
    [
        (("migrate", "a"), None),
        (("migrate", "a", "--to", "node-2"), {"host": "node-2"}),
        (("migrate", "a", "--away-from", "node-1"), {"awayFrom": "node-1"}),
    ],
)
async def test_a_migration_is_asked_for_as_it_was_typed(
    tmp_path: Path, arguments: tuple[str, ...], migrate: dict[str, str] | None
) -> None:
    cluster = Cluster()
    code, out, _ = await operated(tmp_path, cluster, *arguments, "-o", "name")
    assert (code, out) == (0, f"operation.vireo.dev/{NAME}\n")
    (asked,) = cluster.asked
    assert asked["spec"]["action"] == "Migrate"
    assert asked["spec"].get("migrate") == migrate


async def test_its_course_is_told_once_each(tmp_path: Path) -> None:
    cluster = Cluster(answer(made()), answer(made(*GOES_ON)), answer(made(*GOES_ON)), answer(made(*DONE)))
    code, out, _ = await operated(tmp_path, cluster, "restart", "a", "--wait", "-o", "table")
    assert code == 0
    assert out.splitlines() == [
        f"operation.vireo.dev/{NAME} created",
        "Restarting: a is told to stop.",
        "Completed: a was started.",
    ]


async def test_one_that_fails_ends_with_1_and_programs_get_it_as_it_ended(tmp_path: Path) -> None:
    code, out, err = await operated(tmp_path, Cluster(answer(made(*FAILED))), "restart", "a", "--wait")
    assert code == 1
    found = json.loads(out)
    assert found["status"]["conditions"][0]["reason"] == "NotRunning"
    assert "managedFields" not in found["metadata"]
    assert "NotRunning: a does not run." in err


async def test_a_dry_run_is_waited_for_since_its_outcome_is_the_answer(tmp_path: Path) -> None:
    cluster = Cluster(answer(made(*DONE)))
    code, out, _ = await operated(tmp_path, cluster, "migrate", "a", "--dry-run", "-o", "table")
    assert code == 0
    assert "Completed: a was started." in out
    assert cluster.asked[0]["spec"]["dryRun"] is True


async def test_what_a_webhook_says_of_it_is_handed_on(tmp_path: Path) -> None:
    _, _, err = await operated(tmp_path, Cluster(), "restart", "a")
    assert err == 'Warning: it "may" not go\n'


async def test_a_machine_that_does_not_exist_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    cluster = Cluster()
    code, out, err = await operated(tmp_path, cluster, "restart", "b")
    assert (code, out, cluster.asked) == (1, "", [])
    assert "VirtualMachine shop/b does not exist." in err


async def test_an_api_server_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    cluster = Cluster(answer({"message": "etcd is away"}, 500), answer(made(*DONE)))
    code, _, _ = await operated(tmp_path, cluster, "restart", "a", "--wait")
    assert code == 0


async def test_one_that_is_deleted_meanwhile_is_not_waited_for(tmp_path: Path) -> None:
    code, _, err = await operated(tmp_path, Cluster(answer({"message": "not found"}, 404)), "restart", "a", "--wait")
    assert code == 1
    assert f"operation.vireo.dev/{NAME} was deleted meanwhile" in err


async def test_who_interrupts_the_waiting_is_told_that_it_goes_on_and_how_to_call_it_back(tmp_path: Path) -> None:
    cluster = Cluster(answer(made(*GOES_ON)))
    async with played(tmp_path, cluster.answers) as kubeconfig:
        process = await start(kubeconfig, "restart", "a", "--wait", "-o", "table", stdin=PIPE, stdout=PIPE)
        assert process.stdout is not None
        while b"Restarting" not in await asyncio.wait_for(process.stdout.readline(), 60):
            pass
        os.kill(process.pid, signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert err.decode().splitlines()[1:] == [
        f"operation.vireo.dev/{NAME} goes on. To call it back: kubectl patch operation.vireo.dev/{NAME} -n shop --type=merge "
        """-p '{"spec":{"cancel":true}}'"""
    ]
