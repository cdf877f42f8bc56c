"""One watch: list in pages, then watch, for ever. Every change goes into the store and wakes the keys that it concerns.

A watch that ends is opened again where it ended. What was not understood, or is too old for the server, is listed again.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

import msgspec

from vireo.api.decode import decode
from vireo.api.kind import Watch
from vireo.api.objects import Live
from vireo.api.resources import Key, Resource
from vireo.kube.client import ApiError, Client
from vireo.kube.pages import Bare, pages
from vireo.kube.store import version_of

log = logging.getLogger(__name__)

ABSENT_SECONDS = 5.0
RETRY_SECONDS = 1.0
RETRY_MOST_SECONDS = 10.0
EXPIRED, NOT_FOUND, NO_ANSWER, BAD_ANSWER = 410, 404, 0, 502


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    """The object of an ERROR event."""

    code: int = 500
    reason: str = ""
    message: str = ""


class Keeps(Protocol):
    """What a watch keeps in step with a resource: vireo.kube.store.Store, or who needs less. Each answers with the keys that are woken."""

    def put(self, live: Live[Any]) -> frozenset[Key]: ...
    def remove(self, key: Key, version: int) -> frozenset[Key]: ...
    def keep(self, resource: Resource, seen: Collection[Key], version: int, selector: str = "") -> frozenset[Key]: ...
    def clear(self, resource: Resource) -> frozenset[Key]: ...


class Watcher:
    """Keeps the store in step with one resource. `synced` is set after the first list, also when the resource does not exist."""

    def __init__(self, client: Client, store: Keeps, watch: Watch, wake: Callable[[Iterable[Key]], None]) -> None:
        self._client = client
        self._store = store
        self._watch = watch
        self._wake = wake
        self._selector = {"labelSelector": watch.selector} if watch.selector else {}
        self._path = watch.resource.path()
        self._version = ""
        self._failures = 0
        self._odd: set[str] = set()
        self.synced = asyncio.Event()
        self.absent = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._follow()
            except ApiError as error:
                await self._wait_out(error)
            except msgspec.DecodeError as error:  # a line that was cut off, an answer by a proxy
                await self._wait_out(ApiError("WATCH", self._path, BAD_ANSWER, "BadAnswer", str(error)))

    async def _list(self) -> None:
        seen: set[Key] = set()
        version = ""
        async for page in pages(self._client, self._watch.resource, self._selector):
            seen |= {self._put(raw) for raw in page.items}
            version = page.metadata.resource_version
        self._wake(self._store.keep(self._watch.resource, seen, version_of(version), self._watch.selector))
        self._version, self._failures, self.absent = version, 0, False
        self.synced.set()

    async def _follow(self) -> None:
        """One watch, from the version that was reached to its end."""
        query = {"resourceVersion": self._version, "allowWatchBookmarks": "true", **self._selector}
        silent = True
        async for line in self._client.lines(self._path, query):
            self._version = self._event(msgspec.json.decode(line, type=_Event)) or self._version
            self._failures, silent = 0, False
        if silent:  # it may have ended as soon as it began, and the next one too
            await asyncio.sleep(RETRY_SECONDS)

    def _event(self, event: _Event) -> str:
        """The version that this event leads to."""
        if event.type == "ERROR":
            status = msgspec.json.decode(event.object, type=_Status)
            raise ApiError("WATCH", self._path, status.code, status.reason, status.message)
        if event.type in {"ADDED", "MODIFIED"}:
            self._put(event.object)
        bare = msgspec.json.decode(event.object, type=Bare)
        if event.type == "DELETED":
            key = bare.key(self._watch.resource)
            self._wake(self._store.remove(key, version_of(bare.metadata.resource_version)))
        return bare.metadata.resource_version

    def _put(self, raw: msgspec.Raw) -> Key:
        try:
            live: Any = decode(self._watch.resource, self._watch.view, raw)
        except msgspec.ValidationError as error:
            return self._leave_out(raw, error)
        self._odd.discard(live.meta.uid)
        self._wake(self._store.put(live))
        key: Key = live.key
        return key

    def _leave_out(self, raw: msgspec.Raw, error: msgspec.ValidationError) -> Key:
        """An object that does not fit its view counts as absent, and is said once: one odd object stops none of the others."""
        bare = msgspec.json.decode(raw, type=Bare)
        key = bare.key(self._watch.resource)
        if bare.metadata.uid not in self._odd:
            self._odd.add(bare.metadata.uid)
            log.error("%s can not be read and counts as absent: %s", key, error)
        self._wake(self._store.remove(key, version_of(bare.metadata.resource_version)))
        return key

    async def _wait_out(self, error: ApiError) -> None:
        """Says what is wrong and pauses. Only where there was no answer, the watch goes on from the version it had reached."""
        if error.code != NO_ANSWER:
            self._version = ""
        if error.code == NOT_FOUND:
            await self._wait_for_resource()
            return
        log.log(logging.DEBUG if error.code == EXPIRED else logging.WARNING, "%s", error)
        await asyncio.sleep(min(RETRY_MOST_SECONDS, RETRY_SECONDS * 2**self._failures))
        self._failures = min(self._failures + 1, 10)

    async def _wait_for_resource(self) -> None:
        if not self.absent:
            log.warning("%s is not served by this cluster; watched as soon as it is", self._watch.resource)
        self.absent = True
        self._wake(self._store.clear(self._watch.resource))
        self.synced.set()
        await asyncio.sleep(ABSENT_SECONDS)
