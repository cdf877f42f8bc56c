"""A Watcher keeps the store in step with a real API server: also over a bad wire, and with odd objects about."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Literal

import aiohttp
import msgspec
import pytest
from reconcile.cluster import CRDS, DEADLINE_SECONDS, NAMESPACES
from reconcile.toy import CONFIG_MAP, CRD, KIND
from support.wire import over_a_wire

from vireo.api.kind import Watch
from vireo.api.resources import Key, Resource
from vireo.kube import client as client_module
from vireo.kube import watch as watch_module
from vireo.kube.client import Client
from vireo.kube.pages import present
from vireo.kube.store import Store
from vireo.kube.watch import Watcher

pytestmark = pytest.mark.api


class Word(msgspec.Struct):
    """A view that not every ConfigMap fits."""

    data: dict[str, Literal["fine"]] = {}


class Words:
    """The ConfigMaps of one namespace, and the store that should know them."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self.watch = Watch(CONFIG_MAP, Word, selector=f"watched={namespace}")
        self.store = Store((replace(KIND, watches=(self.watch,)),))

    @asynccontextmanager
    async def watched(self, client: Client | None = None, version: str = "") -> AsyncIterator[Watcher]:
        watcher = Watcher(client or self.client, self.store, self.watch, lambda _: None)
        watcher._version = version
        task = asyncio.create_task(watcher.run())
        try:
            yield watcher
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def put(self, name: str, word: str = "fine") -> None:
        meta = {"name": name, "labels": {"watched": self.namespace}}
        query = {"fieldManager": "user", "force": "true"}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"word": word}}
        path = CONFIG_MAP.path(self.namespace, name)
        await self.client.request("PATCH", path, query, body, content_type=client_module.APPLY)

    async def delete(self, name: str) -> None:
        await self.client.request("DELETE", CONFIG_MAP.path(self.namespace, name))

    def seen(self) -> list[str]:
        return [key.name for key in self.store.keys(CONFIG_MAP)]

    async def until_seen(self, *names: str) -> None:
        await until(lambda: self.seen() == list(names))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not true():
            await asyncio.sleep(0.02)


@pytest.fixture
async def words(control_plane: str, left: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Words]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        namespace = f"words-{uuid.uuid4().hex[:8]}"
        await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": namespace}})
        yield Words(client, namespace)
        left.append(namespace)


async def test_what_is_made_changed_and_deleted_is_seen(words: Words) -> None:
    await words.put("a")
    async with words.watched():
        await words.until_seen("a")
        await words.put("b")
        await words.until_seen("a", "b")
        await words.delete("a")
        await words.until_seen("b")


async def test_a_list_of_many_pages_is_whole(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vireo.kube.pages.PAGE", "2")
    for name in "abcde":
        await words.put(name)
    async with words.watched():
        await words.until_seen(*"abcde")
    keys, version = await present(words.client, CONFIG_MAP)
    assert {key.name for key in keys if key.namespace == words.namespace} >= set("abcde")
    assert version > 0


async def test_what_ended_while_nobody_watched_is_forgotten(words: Words) -> None:
    await words.put("a")
    await words.put("b")
    async with words.watched():
        await words.until_seen("a", "b")
    await words.delete("a")
    async with words.watched():
        await words.until_seen("b")


async def test_an_object_that_leaves_the_selector_is_forgotten_and_seen_again_when_it_is_back(words: Words) -> None:
    await words.put("a")
    path = CONFIG_MAP.path(words.namespace, "a")
    async with words.watched():
        await words.until_seen("a")
        body = {"metadata": {"labels": {"watched": "no"}}}
        await words.client.request("PATCH", path, body=body, content_type=client_module.MERGE_PATCH)
        await words.until_seen()
        await words.put("a")
        await words.until_seen("a")


async def test_a_version_that_has_expired_is_listed_again(words: Words) -> None:
    await words.put("a")
    async with words.watched(version="1"):
        await words.until_seen("a")


async def test_an_object_of_the_greatest_size_is_seen(words: Words) -> None:
    async with words.watched() as watcher:
        await watcher.synced.wait()
        meta = {"name": "large", "labels": {"watched": words.namespace}}
        body = {"metadata": meta, "binaryData": {"large": "A" * 1_040_000}}
        await words.client.request("POST", CONFIG_MAP.path(words.namespace), body=body)
        await words.until_seen("large")


async def test_an_odd_object_counts_as_absent_and_stops_no_other(
    words: Words, caplog: pytest.LogCaptureFixture
) -> None:
    await words.put("a")
    async with words.watched():
        await words.until_seen("a")
        await words.put("odd", "strange")
        await words.put("odd", "stranger")
        await words.put("b")
        await words.until_seen("a", "b")
        await words.put("a", "strange")
        await words.until_seen("b")
        await words.put("odd", "fine")
        await words.until_seen("b", "odd")
    said = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert [line.split(" can not")[0] for line in said] == [
        f"ConfigMap {words.namespace}/{name}" for name in ("odd", "a")
    ]
    assert "$.data" in said[0]


async def test_a_resource_that_is_not_served_yet_is_watched_as_soon_as_it_is(
    words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "ABSENT_SECONDS", 0.1)
    plural = f"seldoms-{uuid.uuid4().hex[:6]}"
    seldom = Resource(f"{plural}.example", "v1", plural, "Seldom")
    watch = Watch(seldom, Word)
    store = Store((replace(KIND, watches=(watch,)),))
    crd: dict[str, Any] = msgspec.to_builtins(CRD)
    crd["metadata"]["name"] = f"{plural}.{seldom.group}"
    crd["spec"] |= {"group": seldom.group, "names": {"plural": plural, "singular": "seldom", "kind": seldom.kind}}
    crd["spec"]["versions"][0]["name"] = seldom.version
    watcher = Watcher(words.client, store, watch, lambda _: None)
    task = asyncio.create_task(watcher.run())
    try:
        await asyncio.wait_for(watcher.synced.wait(), DEADLINE_SECONDS)  # who needs it not must not wait for it
        assert watcher.absent
        await words.client.request("POST", CRDS.path(), body=crd)
        await until(lambda: not watcher.absent)
        body = {"apiVersion": seldom.api_version, "kind": seldom.kind, "metadata": {"name": "a"}}
        await words.client.request("POST", seldom.path(words.namespace), body=body)
        await until(lambda: store.keys(seldom) == (Key(seldom, words.namespace, "a"),))
        await words.client.request("DELETE", CRDS.path(name=crd["metadata"]["name"]))
        await until(lambda: watcher.absent and not store.keys(seldom))
    finally:
        task.cancel()


async def test_a_wire_that_is_cut_costs_no_event_and_no_list(
    words: Words, control_plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with over_a_wire(control_plane) as (wire, client), words.watched(client) as watcher:
        await watcher.synced.wait()
        await words.put("a")
        await words.until_seen("a")
        monkeypatch.setattr(watcher, "_list", pytest.fail)  # from here on it goes on where it was
        wire.cut()
        await words.put("b")
        await words.delete("a")
        await words.until_seen("b")


async def test_a_wire_that_falls_silent_is_noticed(
    words: Words, control_plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_WATCH", aiohttp.ClientTimeout(total=None, sock_read=1.0))
    async with over_a_wire(control_plane) as (wire, client), words.watched(client) as watcher:
        await watcher.synced.wait()
        await words.put("a")
        await words.until_seen("a")
        wire.fall_silent()
        await words.put("b")
        await words.until_seen("a", "b")


async def test_a_watch_ends_in_time_and_goes_on(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "WATCH_SECONDS", 1)
    begun: list[str] = []
    lines = words.client.lines

    def counted(path: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        begun.append(query["resourceVersion"])
        return lines(path, query)

    monkeypatch.setattr(words.client, "lines", counted)
    async with words.watched() as watcher:
        await watcher.synced.wait()
        monkeypatch.setattr(watcher, "_list", pytest.fail)
        await words.put("a")
        await until(lambda: len(begun) == 2)
        await words.put("b")
        await until(lambda: len(begun) == 3)
        await words.until_seen("a", "b")
    assert sorted(begun, key=int) == begun
