"""What went wrong with objects of which the status does not say: the newest Warning event of each.

The API server keeps no index of events: to find those of one object it decodes all of the namespace. So all that wait in a namespace
share one list of its warnings, which is made anew after a pause at the earliest: when a datastore fails, each of its claims would cost one.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from vireo.api.objects import Live
from vireo.api.resources import EVENT, Resource
from vireo.kube.client import Client
from vireo.kube.pages import pages

PAUSE_SECONDS: Final = 3.0
"""Less than who is puzzled waits until they look again."""
SHARE: Final = 20
"""A pause is so many times as long as the list before it took."""

TOO_LATE: Final = "the object has been modified; please apply your changes to the latest version and try again"
"""What the API server says to one of two who write at the same time. They try again at once: it is no trouble, though some say it is."""

Where = tuple[Resource, str]
"""The kind of what the events are about, and its namespace."""


class Regarding(msgspec.Struct, frozen=True):
    """regarding."""

    uid: str = ""


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """An event, of either API."""

    regarding: Regarding = Regarding()
    reason: str = ""
    note: str = ""
    event_time: str | None = None
    deprecated_last_timestamp: str | None = None

    @property
    def moment(self) -> str:
        """When it was last seen; RFC 3339 in UTC sorts as text."""
        return self.deprecated_last_timestamp or self.event_time or ""


@dataclass
class Reading:
    """A list that was made, or is being made; it serves until then."""

    task: asyncio.Task[Mapping[str, str]]
    until: float = float("inf")


class WarningEvents:
    """The newest warnings, as they were PAUSE_SECONDS ago or later."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._readings: dict[Where, Reading] = {}

    async def newest(self, live: Live[object]) -> str:
        """As `Reason: note`, or nothing. Not one about an older object of its name. Raises ApiError."""
        where = (live.resource, live.key.namespace)
        self._forget_old()
        reading = self._readings.get(where)
        if reading is None:
            reading = self._readings[where] = Reading(asyncio.create_task(self._read(where)))
        return (await asyncio.shield(reading.task)).get(live.meta.uid, "")

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._readings = {where: one for where, one in self._readings.items() if one.until > now}

    async def _read(self, where: Where) -> Mapping[str, str]:
        began, pause = time.monotonic(), 0.0  # after a failure the next one tries again
        try:
            found = await self._newest_of_each(*where)
            pause = max(PAUSE_SECONDS, SHARE * (time.monotonic() - began))
            return found
        finally:
            self._readings[where].until = time.monotonic() + pause

    async def _newest_of_each(self, resource: Resource, namespace: str) -> Mapping[str, str]:
        newest: dict[str, Event] = {}
        query = {"fieldSelector": f"regarding.kind={resource.kind},type=Warning"}
        async for page in pages(self._client, EVENT, query, namespace=namespace):
            for raw in page.items:
                event = msgspec.json.decode(raw, type=Event)
                before = newest.get(event.regarding.uid)
                if TOO_LATE not in event.note and (before is None or event.moment >= before.moment):
                    newest[event.regarding.uid] = event
        return {uid: f"{event.reason}: {event.note}" for uid, event in newest.items()}
