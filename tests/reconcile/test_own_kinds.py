"""kopf's watching of Vireo's own kinds, against a real API server: over a bad wire, and from a version that has expired."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from kopf import OperatorSettings
from kopf._cogs.clients import watching
from reconcile.cluster import Cluster
from support.wire import over_a_wire

from vireo.kube import client as client_module
from vireo.kube import watch as watch_module
from vireo.process import handlers, own_kinds

pytestmark = pytest.mark.api

AT_MOST_SECONDS = 90.0
"""How long a watch that fell silent may be believed."""


def test_silence_is_noticed_in_time() -> None:
    """By our watches and by kopf's, which have the same limit, and the pause before either is opened again."""
    assert client_module.SILENCE_SECONDS + watch_module.RETRY_MOST_SECONDS <= AT_MOST_SECONDS
    assert client_module._WATCH.sock_read == client_module.SILENCE_SECONDS
    settings = OperatorSettings()
    handlers._configure(settings)
    assert settings.watching.client_timeout == client_module.SILENCE_SECONDS


async def test_an_operator_whose_wire_falls_silent_goes_on(
    cluster: Cluster, control_plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (handlers, client_module):
        monkeypatch.setattr(module, "WATCH_SECONDS", 1)
    monkeypatch.setattr(handlers, "SILENCE_SECONDS", 2.0)
    monkeypatch.setattr(client_module, "_WATCH", aiohttp.ClientTimeout(total=None, sock_read=2.0))
    monkeypatch.setattr(client_module, "_REQUEST", aiohttp.ClientTimeout(total=2.0))
    await cluster.stop()
    async with over_a_wire(control_plane) as (wire, client):
        await cluster.start(client)
        try:
            await cluster.toy("before")
            await cluster.until_ready("before")
            wire.fall_silent()
            await cluster.toy("after")
            await cluster.until_ready("after")
        finally:
            await cluster.stop()


async def test_a_version_that_has_expired_costs_no_event_and_no_write(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await cluster.toy("before")
    await cluster.until_ready("before")
    await cluster.idle()
    versions: list[str] = []
    watch_objs = watching.watch_objs

    def expired_at_first(*, since: str, **given: Any) -> AsyncIterator[Any]:
        if given["resource"].plural != "toys":
            return watch_objs(since=since, **given)
        versions.append(since if versions else "1")
        return watch_objs(since=versions[-1], **given)

    monkeypatch.setattr(watching, "watch_objs", expired_at_first)
    await cluster.restart()

    async def expired() -> bool:
        return bool(versions)

    await cluster.until(expired)  # kopf begins after the work that the start brings
    await cluster.toy("after")
    await cluster.until_ready("after")
    await cluster.idle()
    assert versions[0] == "1"
    watches = [record for record in caplog.records if record.name in {own_kinds.log.name, watch_module.log.name}]
    assert [record.message for record in watches if record.levelno >= logging.WARNING] == []
    written = [write for write in cluster.writes if write[0] != "DRY-RUN"]
    assert sorted(written) == [("PATCH", "toys"), ("POST", "configmaps"), ("POST", "events")]  # of `after` alone
