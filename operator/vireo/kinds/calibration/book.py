"""A Calibration as a book: what is written in it, and how more is."""

from collections.abc import Iterable
from datetime import datetime

from vireo.api.learning import Observation, Phase, Sample
from vireo.kinds.calibration.types import KEPT, CalibrationStatus, PhaseSamples


def samples(book: CalibrationStatus, phase: Phase) -> tuple[Sample, ...]:
    """What was seen of that phase, the oldest first."""
    return next((one.samples for one in book.phases if one.phase == phase), ())


def learn(book: CalibrationStatus, observations: Iterable[Observation], now: datetime) -> CalibrationStatus:
    """The book with these in it, all of its own subject; of each phase the newest are kept."""
    pages = {one.phase: one.samples for one in book.phases}
    for one in observations:
        pages[one.topic.phase] = (*pages.get(one.topic.phase, ()), one.sample)[-KEPT:]
    phases = tuple(PhaseSamples(phase=phase, samples=found) for phase, found in sorted(pages.items()))
    return book.model_copy(update={"phases": phases, "last_observation_time": now.replace(microsecond=0)})
