"""kopf's part: it watches Vireo's own kinds, and its handlers tell what changed. Nothing else.

It lists them first, once more than we did: kopf's own index of n objects would cost it n * n steps, so what exists at the start was not
left to it.
"""

import asyncio
import contextlib
import math
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import kopf
import uvloop

from vireo.api.kind import Kind
from vireo.kube.client import SILENCE_SECONDS, WATCH_SECONDS, Credentials

Tell = Callable[[Kind[Any, Any], str | None, Mapping[str, Any]], None]
"""Told of each change: the kind, what changed (None: it was listed), and the object."""


def watch(
    kinds: Iterable[Kind[Any, Any]],
    credentials: Callable[[], Awaitable[Credentials]],
    tell: Tell,
    stop: threading.Event,
) -> None:
    """Until `stop` is set. In a thread that has no loop. kopf is known to the API server by the credentials."""
    registry = kopf.OperatorRegistry()
    kopf.on.startup(registry=registry)(_configure)

    async def login(**_: object) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(**asdict(await credentials()))

    kopf.on.login(registry=registry)(login)
    for kind in kinds:
        _register(registry, kind, tell)
    with contextlib.suppress(asyncio.CancelledError):  # of kopf's own tasks, when it is told to stop
        uvloop.run(kopf.operator(registry=registry, clusterwide=True, standalone=True, stop_flag=stop))


def _register(registry: kopf.OperatorRegistry, kind: Kind[Any, Any], tell: Tell) -> None:
    resource = kind.resource
    where = (resource.group, resource.version, resource.plural)

    async def event(type: str | None, body: Mapping[str, Any], **_: object) -> None:  # noqa: A002 - kopf's name
        tell(kind, type, body)

    kopf.on.event(*where, registry=registry, id=f"event-{resource.plural}")(event)


class _NoDiff(kopf.DiffBaseStorage):
    """kopf copies each object to find out what changed in it since a handler of ours was last done with it. None of ours asks."""

    def build(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: object) -> None:
        """Nothing."""


def _configure(settings: kopf.OperatorSettings, **_: object) -> None:
    settings.posting.enabled = False  # events are the gate's
    settings.persistence.diffbase_storage = _NoDiff()
    # An object is held from its page until its worker has been idle for a while: at the start that would be all of them, twice.
    settings.watching.chunk_size = 100
    settings.queueing.idle_timeout = 0.2
    settings.watching.server_timeout = WATCH_SECONDS
    settings.watching.client_timeout = SILENCE_SECONDS
    # kopf's own limit is one of tasks, and where it meets the one above in the same moment, one swallows the other: the watcher ends, and
    # kopf goes on without it.
    settings.watching.inactivity_timeout = math.inf
    settings.networking.request_timeout = 30
