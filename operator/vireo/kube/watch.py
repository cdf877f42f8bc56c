"""One watch: list in pages, then watch, for ever. Every change goes into the store and wakes the keys that it concerns."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from vireo.api.decode import decode
from vireo.api.kind import Watch
from vireo.api.resources import Key
from vireo.kube.client import ApiError, Client
from vireo.kube.store import Store

log = logging.getLogger(__name__)

PAGE = "500"
RETRY_SECONDS = 1.0
ABSENT_SECONDS = 5.0
WATCH_SECONDS = "300"


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] = []


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _BareMeta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class _Bare(msgspec.Struct):
    """What every event's object has, a bookmark's too."""

    metadata: _BareMeta


class _ExpiredError(Exception):
    """The resource version is too old for the server (410): list again; it costs nothing but the list."""


class Watcher:
    """Keeps the store in step with one resource. `synced` is set after the first list, also when the resource does not exist."""

    def __init__(self, client: Client, store: Store, watch: Watch, wake: Callable[[Iterable[Key]], None]) -> None:
        self._client = client
        self._store = store
        self._watch = watch
        self._wake = wake
        self.synced = asyncio.Event()
        self.absent = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                version = await self._list()
                await self._follow(version)
            except _ExpiredError:
                log.debug("%s: the watch expired and is listed again", self._watch.resource)
            except ApiError as error:
                await self._wait_out(error)

    async def _wait_out(self, error: ApiError) -> None:
        absent = error.code == 404
        if absent and not self.absent:
            log.warning("%s is not served by this cluster; watched as soon as it is", self._watch.resource)
        elif not absent:
            log.warning("%s: %s", self._watch.resource, error)
        self.absent = absent
        if absent:
            self._keep(frozenset())
            self.synced.set()
        await asyncio.sleep(ABSENT_SECONDS if absent else RETRY_SECONDS)

    async def _list(self) -> str:
        seen: set[Key] = set()
        query = {"limit": PAGE, **self._selector()}
        while True:
            page = msgspec.json.decode(
                await self._client.request("GET", self._watch.resource.path(), query), type=_Page
            )
            for raw in page.items:
                seen.add(self._put(raw))
            if not page.metadata.continue_:
                break
            query["continue"] = page.metadata.continue_
        self._keep(seen)
        self.absent = False
        self.synced.set()
        return page.metadata.resource_version

    def _keep(self, seen: Iterable[Key]) -> None:
        """Forgets what ended while nobody watched."""
        for key in set(self._store.keys(self._watch.resource)) - set(seen):
            self._wake(self._store.remove(key))

    async def _follow(self, version: str) -> None:
        while True:
            query = {
                "watch": "true",
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": WATCH_SECONDS,
                **self._selector(),
            }
            async for line in self._client.lines(self._watch.resource.path(), query):
                version = self._event(msgspec.json.decode(line, type=_Event)) or version

    def _event(self, event: _Event) -> str:
        if event.type == "ERROR":
            raise _ExpiredError
        if event.type in {"ADDED", "MODIFIED"}:
            self._put(event.object)
        meta = msgspec.json.decode(event.object, type=_Bare).metadata
        if event.type == "DELETED":
            self._wake(self._store.remove(Key(self._watch.resource, meta.namespace, meta.name), meta.uid))
        return meta.resource_version

    def _put(self, raw: msgspec.Raw) -> Key:
        live: Any = decode(self._watch.resource, self._watch.view, raw)
        self._wake(self._store.put(live))
        key: Key = live.key
        return key

    def _selector(self) -> dict[str, str]:
        return {"labelSelector": self._watch.selector} if self._watch.selector else {}
