"""learning: what was seen of how long things take. It lies in Calibrations, as the store has them, and what is newer is kept here until
it is written: at most once a minute, and only if something came in.

So a restart begins with what was written, one that is deleted is learned anew, and what a person wrote into one holds. What was not
written yet is lost with the process, and that costs accuracy only.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from vireo.api.decode import decode_own
from vireo.api.learning import Act, Observation, Sample, Subject, Topic
from vireo.api.objects import Live, OwnView
from vireo.kinds.calibration import book
from vireo.kinds.calibration.kind import KIND
from vireo.kinds.calibration.types import KEPT, CalibrationSpec, CalibrationSubject
from vireo.kube.client import ApiError
from vireo.kube.store import Store
from vireo.reconcile.gate import Gate

log = logging.getLogger(__name__)

WRITE_SECONDS: Final = 60.0
UNWRITTEN: Final = 4 * KEPT
"""How many observations of a subject wait at most to be written: more of one phase would not be kept there either."""


class Learning:
    """What was seen so far. Only who reconciles learns, so only who leads has anything to write."""

    def __init__(
        self, store: Store, gate: Gate, now: Callable[[], datetime], write_seconds: float = WRITE_SECONDS
    ) -> None:
        self.write_seconds = write_seconds
        self._store = store
        self._gate = gate
        self._now = now
        self._fresh: dict[Subject, tuple[Observation, ...]] = {}
        self._came_in = asyncio.Event()

    def samples(self, topic: Topic) -> tuple[Sample, ...]:
        """What was seen of a topic, written or not, the oldest first."""
        live = self._store.get(topic.subject.key)
        written = book.samples(live.view.status, topic.phase) if live else ()
        fresh = (one.sample for one in self._fresh.get(topic.subject, ()) if one.topic.phase == topic.phase)
        return (*written, *fresh)[-KEPT:]

    def take(self, acts: Iterable[Act]) -> None:
        """What is to be learned of acts that have ended."""
        for seen in (one for act in acts for one in act.observations):
            self._keep(seen.topic.subject, seen)
            self._came_in.set()

    async def run(self) -> None:
        """Until cancelled. What could not be written is tried again when the next turn comes."""
        while True:
            await self._came_in.wait()
            self._came_in.clear()
            for subject in tuple(self._fresh):
                await self._write(subject)
            await asyncio.sleep(self.write_seconds)

    async def _write(self, subject: Subject) -> None:
        fresh = self._fresh.pop(subject)
        try:
            live = self._store.get(subject.key) or await self._make(subject)
            status = book.learn(live.view.status, fresh, self._now())
            status = status.model_copy(update={"observed_generation": live.meta.generation})
            answer = await self._gate.write_status(subject.key, live.meta.uid, status.wire())
        except ApiError as error:
            log.warning("%s not written yet: %s", subject.key, error)
            self._keep(subject, *fresh)
            self._came_in.set()
        else:
            self._gate.keep(decode_own(KIND, answer))

    async def _make(self, subject: Subject) -> Live[OwnView]:
        spec = CalibrationSpec(subject=CalibrationSubject(kind=subject.kind, name=subject.name or None))
        live = decode_own(KIND, await self._gate.create_own(subject.key, spec.wire()))
        self._gate.keep(live)
        return live

    def _keep(self, subject: Subject, *seen: Observation) -> None:
        self._fresh[subject] = (*self._fresh.get(subject, ()), *seen)[-UNWRITTEN:]
