"""kopf's part: it watches Vireo's own kinds, and its handlers put the object into the store and a key on the queue. Nothing else."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import kopf
import msgspec

from vireo.api.kind import Kind
from vireo.api.resources import Key
from vireo.kube.client import Client
from vireo.kube.own import decode_own
from vireo.kube.store import Store


def registry(
    client: Client, store: Store, wake: Callable[[Iterable[Key]], None], indexed: asyncio.Event
) -> kopf.OperatorRegistry:
    """Handlers for every kind of the store. `indexed` is set when all objects that existed at the start are in the store."""
    handlers = kopf.OperatorRegistry()

    async def login(**_: object) -> kopf.ConnectionInfo:
        """kopf is known to the API server as we are."""
        return kopf.ConnectionInfo(**asdict(await client.credentials()))

    kopf.on.login(registry=handlers)(login)
    kopf.on.startup(registry=handlers)(_configure)
    for kind in store.kinds.values():
        _register(handlers, kind, store, wake, indexed)
    return handlers


def _register(
    handlers: kopf.OperatorRegistry,
    kind: Kind[Any, Any],
    store: Store,
    wake: Callable[[Iterable[Key]], None],
    indexed: asyncio.Event,
) -> None:
    resource = kind.resource
    where = (resource.group, resource.version, resource.plural)

    async def into_the_store(body: Mapping[str, Any], **_: object) -> None:
        """kopf calls this for every object before any other handler of any object: the store is whole before work begins."""
        wake(store.put(decode_own(kind, msgspec.json.encode(dict(body)))))

    async def on_event(type: str | None, meta: Mapping[str, Any], **_: object) -> None:  # noqa: A002 - kopf's name
        indexed.set()
        if type == "DELETED":
            wake(store.remove(Key(resource, meta.get("namespace", ""), meta["name"]), meta["uid"]))

    kopf.index(*where, registry=handlers, id=f"store-{resource.plural}")(into_the_store)
    kopf.on.event(*where, registry=handlers, id=f"event-{resource.plural}")(on_event)


def _configure(settings: kopf.OperatorSettings, **_: object) -> None:
    settings.posting.enabled = False  # events are the gate's
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 360
    settings.watching.inactivity_timeout = 70
    settings.scanning.disabled = False
    settings.networking.request_timeout = 30
