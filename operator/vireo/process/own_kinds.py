"""Vireo's own kinds in the store: what exists at the start is listed here, then kopf watches (handlers.py). What kopf does not say is
looked for: kinds that it overlooks, and what ended in a gap of its watch, for after a gap it lists anew.

An object that went with our finalizer on it is ended as one that is being deleted: an API server that looked for finalizers just before
ours came deletes it all the same (its Store.Delete looks once, and does not ask for that version when it deletes). It is forgotten
when that end is done, at the latest by the next comparison.

kopf runs in a thread with a loop of its own: it takes a process' signals and waits for all tasks of its loop when it ends, and neither
are its to take. What its handlers say is carried to the operator's loop, in order.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from vireo.api.decode import decode_own
from vireo.api.kind import Kind
from vireo.api.names import FINALIZER
from vireo.api.resources import Key, Resource
from vireo.kube.client import METADATA_ONLY_LIST, ApiError, Client
from vireo.kube.pages import Page, pages, present
from vireo.kube.store import Store, version_of
from vireo.process.crossing import Crossing

log = logging.getLogger(__name__)

COMPARE_SECONDS = 300.0
COMPARE_FIRST_SECONDS = 30.0
"""Soon after the start, for what ended between our list and kopf's."""
REST_SECONDS, LOOKS_AT_REST = 0.2, 50
"""How often it is looked whether the work that the start brought is done, and how many times before kopf begins all the same."""
NOT_FOUND, RETRY_SECONDS = 404, 1.0
LOOK_SECONDS = 5.0
"""How often it is asked whether there is something of a kind of which nothing was seen."""


@dataclass
class OwnKinds:
    """Watches the store's own kinds. `listed` is set when all objects that existed at the start are in the store."""

    client: Client
    store: Store
    wake: Callable[[Iterable[Key]], None]
    at_rest: Callable[[], bool] = lambda: True
    """Whether the work that our list brought is done."""
    listed: asyncio.Event = field(default_factory=asyncio.Event)
    _listed: dict[Key, str] = field(default_factory=dict)
    """The versions in our list that kopf's has yet to tell: whom they concern was woken. (Not so where the store knows a version from the
    answer to a write of ours.)"""
    _told: set[Resource] = field(default_factory=set)
    """The kinds of which kopf has told something."""

    async def run(self) -> None:
        """Until cancelled; then until kopf has ended. Raises RuntimeError if kopf ends by itself."""
        await asyncio.gather(*(self._list(kind) for kind in self.store.kinds.values()))
        self.listed.set()
        await self._give_a_head_start()
        while True:
            await self._run_once()
            log.warning("kopf does not watch a kind that is served; it is started anew")

    async def _give_a_head_start(self) -> None:
        """kopf lists everything once more, and would take half of the processor from the work that waits."""
        for _ in range(LOOKS_AT_REST):
            await asyncio.sleep(REST_SECONDS)
            if self.at_rest():
                return

    async def _list(self, kind: Kind[Any, Any]) -> None:
        """Into the store. Of what is not served yet there is nothing; else until it was answered."""
        while True:
            try:
                seen, version = set(), ""
                async for page in pages(self.client, kind.resource, {}):
                    for live in (decode_own(kind, raw) for raw in page.items):
                        self.wake(self.store.put(live))
                        self._listed[live.key] = live.meta.resource_version
                        seen.add(live.key)
                    version = page.metadata.resource_version
            except ApiError as error:
                if error.code == NOT_FOUND:
                    return
                log.warning("%s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.wake(self.store.keep(kind.resource, seen, version_of(version)))
                return

    async def _run_once(self) -> None:
        """Until kopf overlooks a kind: it looks for new ones when a CRD changes, which may be a moment before they are served."""
        self._told.clear()
        loop, stop = asyncio.get_running_loop(), threading.Event()
        thread = loop.run_in_executor(None, self._watch, loop, stop)
        overlooked = loop.create_task(self._until_overlooked())
        try:
            await asyncio.wait((thread, overlooked), return_when=asyncio.FIRST_COMPLETED)
            if thread.done():
                raise RuntimeError("kopf ended, though nobody told it to")
            overlooked.result()
        finally:
            overlooked.cancel()
            stop.set()
            await thread

    async def _until_overlooked(self) -> None:
        """Until twice in a row there are objects of a kind of which nothing was told, or none is known any more (its CRD was made anew)."""
        suspected: set[Resource] = set()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            silent = [one for one in self.store.kinds if one not in self._told or not self.store.keys(one)]
            unseen = {one for one in silent if await self._exists(one)}
            if unseen & suspected:
                return
            suspected = unseen

    async def _exists(self, resource: Resource) -> bool:
        try:
            raw = await self.client.request("GET", resource.path(), {"limit": "1"}, accept=METADATA_ONLY_LIST)
        except ApiError:
            return False
        return bool(msgspec.json.decode(raw, type=Page).items)

    async def compare(self) -> None:
        """Until cancelled: forgets what ended unnoticed, every COMPARE_SECONDS."""
        pause = min(COMPARE_FIRST_SECONDS, COMPARE_SECONDS)
        while True:
            await asyncio.sleep(pause)
            pause = COMPARE_SECONDS
            for resource in self.store.kinds:
                try:
                    keys, version = await present(self.client, resource)
                except ApiError as error:
                    log.warning("%s", error)
                else:
                    for ended in set(self.store.keys(resource)) - keys:
                        self.wake(self.store.remove(ended, version))

    def _watch(self, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        from vireo.process import (
            handlers,
        )  # here: kopf takes a while to come, and what waits at the start goes before it

        tell = partial(self._tell, Crossing(loop))
        handlers.watch(self.store.kinds.values(), self.client.credentials, tell, stop)

    def _tell(self, crossing: Crossing, kind: Kind[Any, Any], change: str | None, body: Mapping[str, Any]) -> None:
        """From kopf's thread. `change` is None where kopf has listed the object: mostly as we did before."""
        self._told.add(kind.resource)
        meta = body["metadata"]
        key = Key(kind.resource, meta.get("namespace", ""), meta["name"])
        if change == "DELETED" and not _owes_an_end(meta):
            version = version_of(meta["resourceVersion"])
            crossing.bring(lambda: self.wake(self.store.remove(key, version)))
        elif change == "DELETED":
            ending = {**meta, "deletionTimestamp": datetime.now(UTC).isoformat()}
            self._bring(crossing, kind, {**body, "metadata": ending})
        elif self._listed.pop(key, "") != meta["resourceVersion"]:
            self._bring(crossing, kind, dict(body))

    def _bring(self, crossing: Crossing, kind: Kind[Any, Any], body: Mapping[str, Any]) -> None:
        live = decode_own(kind, msgspec.json.encode(body))
        crossing.bring(lambda: self.wake(self.store.put(live)))


def _owes_an_end(meta: Mapping[str, Any]) -> bool:
    """Whether what was deleted had our finalizer and nobody had asked for its end: it was deleted past it."""
    return FINALIZER in meta.get("finalizers", ()) and "deletionTimestamp" not in meta
