"""observe: all that one reconcile may know, gathered from the store, and asked for where the store must not know (Secrets, events)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from vireo.api.decode import decode
from vireo.api.kind import Kind
from vireo.api.objects import Live
from vireo.api.reconcile import Observed
from vireo.api.resources import EVENT, SECRET, Key
from vireo.kube.client import METADATA_ONLY, ApiError, Client
from vireo.kube.store import Store


class _Regarding(msgspec.Struct, rename="camel"):
    reason: str = ""
    note: str = ""
    event_time: str | None = None
    deprecated_last_timestamp: str | None = None

    @property
    def moment(self) -> str:
        """When it was last seen; RFC 3339 in UTC sorts as text."""
        return self.deprecated_last_timestamp or self.event_time or ""


class _Events(msgspec.Struct):
    items: list[_Regarding] = []


class _Nothing(msgspec.Struct):
    """The view of an object of which only the metadata was asked."""


class Reader:
    """Makes Observed values; writes nothing."""

    def __init__(self, client: Client, store: Store) -> None:
        self._client = client
        self._store = store

    async def observe(self, kind: Kind[Any, Any], live: Live[Any], now: datetime) -> Observed[Any, Any]:
        """Raises ApiError where something had to be asked and was not answered."""
        key = live.key
        observed = Observed(
            key=key,
            meta=live.meta,
            spec=live.view.spec,
            status=live.view.status,
            now=now,
            children=self._store.children(key, live.meta.uid),
            uses={used: await self._look_up(used) for used in sorted(_used(kind, live))},
            users=self._store.users(key),
        )
        puzzles = {puzzle: await self._newest_warning(puzzle) for puzzle in kind.puzzles(observed)}
        return replace(observed, warnings={puzzle: note for puzzle, note in puzzles.items() if note})

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
        """The newest Warning event about an object, as `Reason: note`, or nothing. Not one about an older object of its name."""
        live = self._store.get(key)
        if live is None:
            return ""
        fields = {"regarding.kind": key.resource.kind, "regarding.uid": live.meta.uid, "type": "Warning"}
        query = {"fieldSelector": ",".join(f"{name}={value}" for name, value in fields.items())}
        raw = await self._client.request("GET", EVENT.path(key.namespace), query)
        events = msgspec.json.decode(raw, type=_Events).items
        newest = max(events, key=lambda one: one.moment, default=None)
        return f"{newest.reason}: {newest.note}" if newest else ""


def _used(kind: Kind[Any, Any], live: Live[Any]) -> frozenset[Key]:
    return kind.uses(live.meta, live.view.spec, live.view.status)
