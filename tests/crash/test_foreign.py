"""Somebody else's object appears between the look and the making: it is left alone, told of, taken when a person says so, never deleted.

For every type of child that a kind in KINDS makes: for each, the first case in which it is made.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crash.disturbed import staged
from crash.life import Life, Line
from crash.scenario import Scenario, Stage
from kinds.test_cases import CASES, load
from kinds.test_plans import world

from vireo.api.names import ANNOTATION_ADOPT
from vireo.api.reconcile import Create
from vireo.api.resources import Key
from vireo.kinds import KINDS
from vireo.kube.client import ANSWER, JSON, MERGE_PATCH, ApiError, Client

pytestmark = pytest.mark.api

Raw = dict[str, Any]


class Race(Line):
    """A line on which somebody else makes an object of the same name just before ours; `theirs` is what they made."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.theirs: Raw = {}

    async def request(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = ANSWER,
    ) -> bytes:
        if verb == "POST" and not self.theirs and "spec" in body:
            metadata = {"name": body["metadata"]["name"], "labels": {"of": "others"}}
            self.theirs = await made(self, path, {**body, "metadata": metadata})
        return await super().request(verb, path, query, body, content_type=content_type, accept=accept)


async def made(client: Client, path: str, body: Raw) -> Raw:
    found: Raw = msgspec.json.decode(await Client.request(client, "POST", path, {"fieldManager": "others"}, body))
    return found


def scenarios() -> Iterator[Any]:
    seen = set()
    for folder in CASES:
        child = next((step.child for step in world(folder).steps() if isinstance(step, Create)), None)
        if child and (folder.parent.parent, child.resource) not in seen:
            seen.add((folder.parent.parent, child.resource))
            yield pytest.param(folder, id=f"{folder.parent.parent.name}: {child.resource}")


@pytest.mark.parametrize("folder", list(scenarios()))
async def test_what_others_made_meanwhile_is_left_alone_until_a_person_gives_it(still: Client, folder: Path) -> None:
    scenario = Scenario(KINDS, load(folder / "given.yaml"))
    async with staged(still, scenario) as stage:
        line = Race(still)
        await Life(line, stage).settle(stage.key, stage.now)
        theirs = Key(child(folder), stage.namespace, line.theirs["metadata"]["name"])
        assert await read(still, theirs) == line.theirs, "it was changed"
        assert "ForeignObject" in await reasons(still, stage)

        await merge(still, theirs, {"metadata": {"annotations": {ANNOTATION_ADOPT: "true"}}})
        await Life(Line(still), stage).settle(stage.key, stage.now)
        taken = await read(still, theirs)
        assert taken is not None
        assert taken["metadata"]["uid"] == line.theirs["metadata"]["uid"], "it was made anew"
        assert "vireo.dev/managed" in taken["metadata"]["labels"]
        assert "ForeignObject" not in await reasons(still, stage)


@pytest.mark.parametrize("folder", list(scenarios()))
async def test_what_others_made_stays_when_ours_is_deleted(still: Client, folder: Path) -> None:
    scenario = Scenario(KINDS, load(folder / "given.yaml"))
    async with staged(still, scenario) as stage:
        line = Race(still)
        await Life(line, stage).settle(stage.key, stage.now)
        await still.request("DELETE", stage.key.resource.path(stage.namespace, stage.key.name))
        await Life(Line(still), stage).settle(stage.key, stage.now)
        theirs = Key(child(folder), stage.namespace, line.theirs["metadata"]["name"])
        assert await read(still, theirs) == line.theirs
        assert await read(still, stage.key) is None, "ours waits for what is not its own"


def child(folder: Path) -> Any:
    return next(step.child.resource for step in world(folder).steps() if isinstance(step, Create))


async def read(client: Client, key: Key) -> Raw | None:
    try:
        found: Raw = msgspec.json.decode(await client.request("GET", key.resource.path(key.namespace, key.name)))
    except ApiError as error:
        if error.code == 404:
            return None
        raise
    return found


async def merge(client: Client, key: Key, body: Raw) -> None:
    await client.request("PATCH", key.resource.path(key.namespace, key.name), body=body, content_type=MERGE_PATCH)


async def reasons(client: Client, stage: Stage) -> set[str]:
    found = await read(client, stage.key)
    assert found is not None
    return {one["reason"] for one in found["status"]["conditions"]}
