"""Asks all sources every few seconds, and puts what they measured into the table."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from vireo.kube.client import ApiError
from vireo.kube.measures import Places, Source
from vireo.load.table import Table

log = logging.getLogger(__name__)

EVERY: Final = 15.0
"""Seconds: as often as metrics-server looks."""
AT_ONCE: Final = 250
"""Samples, or workloads looked at, between which others have their turn: a scheduler waits for its answer meanwhile."""


class Collector:
    """The sources in the order in which they are believed: what the first says of a workload, the others need not say.

    `silent` names those that gave no answer, and why; what they would have measured then grows old, and requests take its place.
    """

    def __init__(self, sources: Sequence[Source], places: Places, table: Table, now: Callable[[], datetime]) -> None:
        self._sources, self._places, self._table, self._now = sources, places, table, now
        self.silent: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all sources."""
        return tuple(source.name for source in self._sources)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.collect()
            await asyncio.sleep(EVERY)

    async def collect(self) -> None:
        """One round. What a source says before it fails is believed."""
        seen: set[tuple[str, str, str]] = set()
        for source in self._sources:
            seen |= await self._take(source, frozenset(seen))
        for number, _ in enumerate(self._table.aging(self._now().timestamp())):
            await _let_others(number)

    async def _take(self, source: Source, seen: frozenset[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """Puts what is not seen yet into the table; what that was."""
        found: set[tuple[str, str, str]] = set()
        now = self._now()
        try:
            async for one in source.samples(self._places, now):
                key = (one.node, one.workload, one.quantity)
                if key not in seen:
                    self._table.sample(one, now.timestamp())
                    found.add(key)
                await _let_others(len(found))
        except ApiError as error:
            self._say_silent(source.name, error)
        else:
            if self.silent.pop(source.name, None):
                log.info("%s measures again", source.name)
        return found

    def _say_silent(self, name: str, error: ApiError) -> None:
        if name not in self.silent:
            log.warning("%s measures nothing: %s; what it measured is believed for three minutes more", name, error)
        self.silent[name] = str(error)


async def _let_others(number: int) -> None:
    if number % AT_ONCE == 0:
        await asyncio.sleep(0)
