"""What is known of objects that wait: the newest warning of each, at the price of a list for all of them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from reconcile.cluster import NAMESPACES
from reconcile.toy import CONFIG_MAP, ConfigMapView

from vireo.api.objects import Live, Meta
from vireo.api.resources import EVENT
from vireo.kube import warning_events
from vireo.kube.client import ApiError, Client
from vireo.kube.warning_events import WarningEvents

pytestmark = pytest.mark.api


class Counting(Client):
    """Counts the lists of events that it asks for, and can be kept from it."""

    lists = 0
    cut = False

    async def request(
        self, verb: str, path: str, query: Mapping[str, str] | None = None, *args: Any, **more: Any
    ) -> bytes:
        if verb == "GET" and "/events" in path:
            self.lists += 1
            if self.cut:
                raise ApiError(verb, path, 0, "Cut", "for the test")
        return await super().request(verb, path, query, *args, **more)


@pytest.fixture
async def client(control_plane: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counting]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Counting.connect() as client:
        yield client


@pytest.fixture
async def namespace(client: Counting, left: list[str]) -> AsyncIterator[str]:
    name = f"warned-{uuid.uuid4().hex[:8]}"
    await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": name}})
    yield name
    left.append(name)


def one(namespace: str, name: str) -> Live[Any]:
    return Live(CONFIG_MAP, Meta(name, namespace, f"uid-of-{name}"), ConfigMapView())


async def say(client: Client, about: Live[Any], note: str, at: int, type_: str = "Warning", uid: str = "") -> None:
    regarding = {
        "kind": "ConfigMap",
        "namespace": about.key.namespace,
        "name": about.meta.name,
        "uid": uid or about.meta.uid,
    }
    event = {
        "metadata": {"name": f"{about.meta.name}.{uuid.uuid4().hex[:8]}"},
        "eventTime": f"2026-01-01T12:00:{at:02}.000000Z",
        "regarding": regarding,
        "type": type_,
        "reason": "Trouble",
        "note": note,
        "action": "Try",
        "reportingController": "tests",
        "reportingInstance": "tests",
    }
    await client.request("POST", EVENT.path(about.key.namespace), body=event)


async def test_it_is_the_newest_one_of_this_very_object(client: Counting, namespace: str) -> None:
    a, b = one(namespace, "a"), one(namespace, "b")
    await say(client, a, "newer", at=20)
    await say(client, a, "older", at=10)
    await say(client, a, "all is well", at=30, type_="Normal")
    await say(client, a, "of an older object of its name", at=40, uid="another")
    events = WarningEvents(client)
    assert await events.newest(a) == "Trouble: newer"
    assert await events.newest(b) == ""


async def test_a_write_that_came_too_late_is_no_trouble(client: Counting, namespace: str) -> None:
    conflict = 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest '
    a = one(namespace, "a")
    await say(client, a, "older", at=10)
    await say(client, a, f"Error saving claim: {conflict}version and try again", at=20)
    assert await WarningEvents(client).newest(a) == "Trouble: older"


async def test_all_that_wait_in_a_namespace_share_a_list(client: Counting, namespace: str) -> None:
    many = [one(namespace, f"m{number}") for number in range(20)]
    for each in many:
        await say(client, each, each.meta.name, at=1)
    events = WarningEvents(client)
    found = await asyncio.gather(*(events.newest(each) for each in many))
    assert found == [f"Trouble: {each.meta.name}" for each in many]
    assert await events.newest(one(namespace, "quiet")) == ""
    assert client.lists == 1


async def test_after_the_pause_it_is_listed_anew(
    client: Counting, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warning_events, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(warning_events, "SHARE", 0)
    events, a = WarningEvents(client), one(namespace, "a")
    assert await events.newest(a) == ""
    await say(client, a, "no room", at=1)
    assert await events.newest(a) == "Trouble: no room"


async def test_a_list_that_failed_is_told_and_tried_again(client: Counting, namespace: str) -> None:
    events, a = WarningEvents(client), one(namespace, "a")
    await say(client, a, "no room", at=1)
    client.cut = True
    with pytest.raises(ApiError):
        await events.newest(a)
    client.cut = False
    assert await events.newest(a) == "Trouble: no room"


async def test_who_is_called_off_takes_it_from_nobody(client: Counting, namespace: str) -> None:
    events, a = WarningEvents(client), one(namespace, "a")
    await say(client, a, "no room", at=1)
    called_off, waiting = (asyncio.create_task(events.newest(a)) for _ in range(2))
    await asyncio.sleep(0)
    called_off.cancel()
    assert await waiting == "Trouble: no room"
    assert client.lists == 1
