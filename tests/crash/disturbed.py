"""A scenario run undisturbed, and disturbed after each of its writes."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from crash.life import NEVER, Blow, Killed, Life, Line, left_behind
from crash.scenario import Scenario, Stage

from vireo.api.resources import NAMESPACE
from vireo.kube.client import MERGE_PATCH, ApiError, Client

End = tuple[Mapping[str, Any], list[str]]


async def assert_same_end(client: Client, scenario: Scenario) -> int:
    """Fails where a life that was disturbed leaves something else behind than an undisturbed one; how many writes that one took."""
    try:
        return await _compare(client, scenario)
    finally:
        await _clear(client, Stage(scenario, client, ""))


async def _compare(client: Client, scenario: Scenario) -> int:
    whole, writes = await end(client, scenario)
    blows = [(blow, number) for number in range(1, len(writes) + 1) for blow in Blow]
    for (blow, number), (again, then) in zip(blows, await _ends(client, scenario, blows), strict=True):
        differs = "\n".join(differences(whole, again))
        assert not differs, f"{blow}: {writes[number - 1]}, write {number}; then there were {then}\n{differs}"
    return len(writes)


async def _ends(client: Client, scenario: Scenario, blows: Sequence[tuple[Blow, int]]) -> Sequence[End]:
    """Each in a namespace of its own, and all at once where that is enough."""
    if scenario.apart:
        return await asyncio.gather(*(end(client, scenario, blow, at) for blow, at in blows))
    return [await end(client, scenario, blow, at) for blow, at in blows]


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two values differ, and how."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted({*one, *other}):
            yield from differences(one.get(name), other.get(name), f"{path}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}/{number}")
    elif one != other:
        yield f"{path}: {one} undisturbed, {other} disturbed"


async def end(client: Client, scenario: Scenario, blow: Blow = Blow.KILLED, at: int = NEVER) -> End:
    """What is left behind, and what was written."""
    async with staged(client, scenario) as stage:
        line = Line(client, blow, at)
        try:
            await Life(line, stage).settle(stage.key, stage.now)
        except Killed:
            before, line = line.written, Line(client)
            await Life(line, stage).settle(stage.key, stage.now)
            line.written = [*before, "killed", *line.written]
        return await left_behind(client, stage), line.written


@asynccontextmanager
async def staged(client: Client, scenario: Scenario) -> AsyncIterator[Stage]:
    """The scenario in a namespace of its own."""
    namespace = f"life-{uuid.uuid4().hex[:12]}"
    stage = Stage(scenario, client, namespace)
    await stage.set_up()
    yield stage
    if not scenario.apart:
        await _clear(client, stage)


async def _clear(client: Client, stage: Stage) -> None:
    """What lies in no namespace, or in a namespace that all share, goes. (A namespace would not: nobody ends it here.)"""
    for raw in stage.scenario.objects:
        if raw["kind"] != NAMESPACE.kind and raw["metadata"].get("namespace") not in stage.namespaces:
            await _remove(client, stage.path(raw))


async def _remove(client: Client, path: str) -> None:
    try:
        await client.request("DELETE", path)
        await client.request("PATCH", path, {}, {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
    except ApiError as error:
        if error.code != 404:
            raise
