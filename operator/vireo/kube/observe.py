"""observe: all that one reconcile may know, gathered from the store. What the store must not know (Secrets, events) is asked for, and
so is what it may not know yet, before something is let go (rule 7 of the design).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from vireo.api.decode import decode
from vireo.api.kind import Kind, Watch
from vireo.api.learning import Learned, nothing_learned
from vireo.api.objects import Live
from vireo.api.reconcile import Observed
from vireo.api.resources import SECRET, Key
from vireo.kube.client import METADATA_ONLY, ApiError, Client
from vireo.kube.pages import pages
from vireo.kube.store import Store, version_of
from vireo.kube.warning_events import WarningEvents

UNREADABLE = 502


class _Nothing(msgspec.Struct):
    """The view of an object of which only the metadata was asked."""


class Reader:
    """Makes Observed values; writes nothing."""

    def __init__(self, client: Client, store: Store, scheduler: str = "") -> None:
        self._client = client
        self._store = store
        self._scheduler = scheduler
        self._warnings = WarningEvents(client)
        self.wake: Callable[[Iterable[Key]], None] = lambda _keys: None
        """Told whom an end concerns that was seen here first: the watch that tells of it later shows no change."""

    async def observe(
        self, kind: Kind[Any, Any], live: Live[Any], now: datetime, learned: Learned = nothing_learned
    ) -> Observed[Any, Any]:
        """Raises ApiError where something had to be asked and was not answered."""
        observed = await self._gather(kind, live, now, learned)
        if kind.lets_go(observed):
            await self._read_live(kind, observed)
            observed = await self._gather(kind, live, now, learned)
        notes = {puzzle: note for puzzle in kind.puzzles(observed) if (note := await self._newest_warning(puzzle))}
        return replace(observed, warnings=notes) if notes else observed

    async def _gather(
        self, kind: Kind[Any, Any], live: Live[Any], now: datetime, learned: Learned
    ) -> Observed[Any, Any]:
        return Observed(
            key=live.key,
            meta=live.meta,
            spec=live.view.spec,
            status=live.view.status,
            now=now,
            children=self._store.children(live.key, live.meta.uid),
            uses={used: await self._look_up(used) for used in sorted(self._store.uses(live.key))},
            around={resource: self._store.all(resource) for resource in sorted(kind.around)},
            users=self._store.users(live.key),
            learned=learned,
            scheduler=self._scheduler,
        )

    async def _read_live(self, kind: Kind[Any, Any], observed: Observed[Any, Any]) -> None:
        """Brings the store up to date with what is below an object. What can not be read is no reason to let go: it raises."""
        for watch in (watch for watch in kind.watches if watch.parent == kind.resource):
            try:
                await self._refresh(watch, observed)
            except ApiError as error:
                if error.code != 404:  # of what is not served here there is none
                    raise

    async def _refresh(self, watch: Watch, observed: Observed[Any, Any]) -> None:
        resource, namespace, name = watch.resource, observed.key.namespace, observed.key.name
        query = {"labelSelector": watch.selector} if watch.selector else {}
        unseen = {one.key for one in observed.all(resource)}
        if watch.namesake:
            query["fieldSelector"] = f"metadata.name={name}"
            unseen.add(Key(resource, namespace, name))
        version = ""
        async for page in pages(self._client, resource, query, namespace=namespace):
            for raw in page.items:
                live = _decode(watch, raw)
                self._store.put(live)
                unseen.discard(live.key)
            version = page.metadata.resource_version
        ended = (self._store.remove(key, version_of(version)) for key in unseen)
        self.wake(frozenset[Key]().union(*ended) - {observed.key})

    async def _look_up(self, key: Key) -> Live[Any] | None:
        """A Secret's metadata is asked for: Vireo neither watches Secrets nor ever reads what is in them."""
        if key.resource != SECRET:
            return self._store.get(key)
        try:
            path = key.resource.path(key.namespace, key.name)
            raw = await self._client.request("GET", path, accept=METADATA_ONLY)
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        return decode(key.resource, _Nothing, msgspec.Raw(raw))

    async def _newest_warning(self, key: Key) -> str:
        live = self._store.get(key)
        return await self._warnings.newest(live) if live else ""


def _decode(watch: Watch, raw: msgspec.Raw) -> Live[Any]:
    try:
        return decode(watch.resource, watch.view, raw)
    except msgspec.ValidationError as error:
        raise ApiError("LIST", watch.resource.path(), UNREADABLE, "Unreadable", str(error)) from error
