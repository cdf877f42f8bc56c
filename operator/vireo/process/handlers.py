"""kopf's part: it watches Vireo's own kinds, and its handlers put the object into the store and a key on the queue. Nothing else.

It runs in a thread with a loop of its own: kopf takes a process' signals and waits for all tasks of its loop when it ends, and neither
are its to take. What its handlers say is carried to the operator's loop, in order.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import kopf
import msgspec

from vireo.api.kind import Kind
from vireo.api.resources import Key
from vireo.kube.client import Client
from vireo.kube.own import decode_own
from vireo.kube.store import Store


@dataclass
class OwnKinds:
    """Watches the store's own kinds. `indexed` is set when all objects that existed at the start are in the store."""

    client: Client
    store: Store
    wake: Callable[[Iterable[Key]], None]
    indexed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled; then until kopf has ended."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        thread = loop.run_in_executor(None, self._watch, loop, stop)
        try:
            await asyncio.shield(thread)
        finally:
            stop.set()
            await thread

    def _watch(self, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        registry = kopf.OperatorRegistry()
        kopf.on.startup(registry=registry)(_configure)
        kopf.on.login(registry=registry)(self._login)
        for kind in self.store.kinds.values():
            self._register(registry, kind, loop)
        kopf.run(registry=registry, clusterwide=True, standalone=True, stop_flag=stop)

    async def _login(self, **_: object) -> kopf.ConnectionInfo:
        """kopf is known to the API server as we are."""
        return kopf.ConnectionInfo(**asdict(await self.client.credentials()))

    def _register(self, registry: kopf.OperatorRegistry, kind: Kind[Any, Any], loop: asyncio.AbstractEventLoop) -> None:
        resource = kind.resource
        where = (resource.group, resource.version, resource.plural)

        async def index(body: Mapping[str, Any], **_: object) -> None:
            """kopf calls this for all objects before any other handler of any: the store is whole before work begins."""
            live = decode_own(kind, msgspec.json.encode(dict(body)))
            loop.call_soon_threadsafe(lambda: self.wake(self.store.put(live)))

        async def event(type: str | None, meta: Mapping[str, Any], **_: object) -> None:  # noqa: A002 - kopf's name
            if type == "DELETED":
                key, uid = Key(resource, meta.get("namespace", ""), meta["name"]), meta["uid"]
                loop.call_soon_threadsafe(lambda: self.wake(self.store.remove(key, uid)))
            loop.call_soon_threadsafe(self.indexed.set)

        kopf.index(*where, registry=registry, id=f"store-{resource.plural}")(index)
        kopf.on.event(*where, registry=registry, id=f"event-{resource.plural}")(event)


def _configure(settings: kopf.OperatorSettings, **_: object) -> None:
    settings.posting.enabled = False  # events are the gate's
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 360
    settings.watching.inactivity_timeout = 70
    settings.networking.request_timeout = 30
