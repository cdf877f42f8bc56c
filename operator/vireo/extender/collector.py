"""Asks all sources every few seconds, and puts what they measured into the table."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from vireo.api.measures import Sample
from vireo.kube.client import ApiError
from vireo.kube.measures import Places, Source
from vireo.load.table import Table

log = logging.getLogger(__name__)

EVERY: Final = 15.0
"""Seconds: as often as metrics-server looks."""
AT_ONCE: Final = 1000
"""Samples between which others have their turn: a scheduler waits for its answer meanwhile."""


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
        """One round."""
        seen: set[tuple[str, str, str]] = set()
        for source in self._sources:
            found = [one for one in await self._ask(source) if (one.node, one.workload, one.quantity) not in seen]
            seen |= {(one.node, one.workload, one.quantity) for one in found}
            await self._put(found)
        self._table.age(self._now().timestamp())

    async def _ask(self, source: Source) -> list[Sample]:
        try:
            found = await source.samples(self._places, self._now())
        except ApiError as error:
            if source.name not in self.silent:
                log.warning(
                    "%s measures nothing: %s; what it measured is believed for three minutes more", source.name, error
                )
            self.silent[source.name] = str(error)
            return []
        if self.silent.pop(source.name, None):
            log.info("%s measures again", source.name)
        return found

    async def _put(self, samples: Sequence[Sample]) -> None:
        now = self._now().timestamp()
        for start in range(0, len(samples), AT_ONCE):
            for one in samples[start : start + AT_ONCE]:
                self._table.sample(one, now)
            await asyncio.sleep(0)
