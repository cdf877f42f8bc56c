"""The operator as a process: its parts begin, fail and end together."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from reconcile.cluster import Cluster
from reconcile.toy import KIND, TOY
from support.ports import free_port
from support.wire import over_a_wire

from vireo.api.decode import decode_own
from vireo.api.resources import Resource
from vireo.kube.pages import present
from vireo.kube.store import Store
from vireo.process import handlers, own_kinds
from vireo.process.run import Operator

pytestmark = pytest.mark.api

ENDING = "because it is being terminated"
"""What is refused in the namespaces that other tests have left: of those nothing is shown here."""


@pytest.fixture
async def taken_port() -> AsyncIterator[int]:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        yield other.getsockname()[1]


async def test_a_part_that_fails_ends_all(cluster: Cluster, taken_port: int) -> None:
    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        async with asyncio.timeout(30):
            await Operator(cluster.client, (KIND,)).run(taken_port, asyncio.Event())


async def test_it_is_alive_at_once_and_ready_when_it_has_seen_all_that_is_there(
    quiet_cluster: Cluster, control_plane: str
) -> None:
    stop, port = asyncio.Event(), free_port()

    async def page(name: str) -> tuple[int, str]:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://localhost:{port}/{name}") as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    async def is_alive() -> bool:
        return await page("livez") == (200, "ok")

    async def is_ready() -> bool:
        return await page("readyz") == (200, "ok")

    async with over_a_wire(control_plane) as (wire, client):
        wire.unplug()
        running = asyncio.create_task(Operator(client, (KIND,)).run(port, stop))
        await quiet_cluster.until(is_alive)
        assert await page("readyz") == (503, "not all objects have been seen yet")
        wire.plug_in()
        await quiet_cluster.until(is_ready)
        assert "vireo_" in (await page("metrics"))[1]
        stop.set()
        await running


async def test_an_orderly_end_is_told_to_nobody_who_is_gone(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    await cluster.toy(text="hello", orderly=True)
    await cluster.until_ready()
    await cluster.delete(TOY, "a")

    async def gone() -> bool:
        return await cluster.get(TOY) is None

    await cluster.until(gone)
    await cluster.idle()
    ours = [record for record in caplog.records if record.name.startswith("vireo")]
    told = [record.message for record in ours if record.levelno >= logging.WARNING]
    assert [message for message in told if cluster.namespace in message or ENDING not in message] == []


async def test_an_own_object_that_ended_unnoticed_is_forgotten(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_kinds, "COMPARE_SECONDS", 0.1)
    await cluster.restart()
    await cluster.toy("alive")
    await cluster.until_ready("alive")
    assert cluster.operator is not None
    store = cluster.operator.store
    alive = next(live for key in store.keys(TOY) if (live := store.get(key)) and key.name == "alive")
    raw = b'{"metadata": {"name": "ended", "namespace": "%s", "uid": "u", "resourceVersion": "%s"}, "spec": {}}'
    ended = decode_own(KIND, raw % (cluster.namespace.encode(), alive.meta.resource_version.encode()))
    store._live[TOY][ended.key] = ended  # as if its end had been in a gap of kopf's watch

    async def forgotten() -> bool:
        return store.get(ended.key) is None

    await cluster.until(forgotten)
    assert store.get(alive.key) is not None


async def test_of_a_kind_there_may_be_nothing(cluster: Cluster) -> None:
    empty = Resource("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced=False)
    ours = own_kinds.OwnKinds(cluster.client, Store(()), lambda _: None)
    assert not await ours._exists(empty)
    keys, version = await present(cluster.client, empty)
    assert keys == set()
    assert version > 0


async def test_a_kind_that_kopf_overlooks_is_watched_after_all(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[str] = []
    register = handlers._register

    def overlooked_once(registry: Any, kind: Any, tell: handlers.Tell) -> None:
        watched.append(kind.name)
        if len(watched) > 1:
            register(registry, kind, tell)

    monkeypatch.setattr(own_kinds, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(handlers, "_register", overlooked_once)
    await cluster.restart()
    await cluster.idle()  # what existed at the start is listed without kopf
    await cluster.toy("a", text="hello")
    await cluster.until_ready("a")
    assert len(watched) == 2
