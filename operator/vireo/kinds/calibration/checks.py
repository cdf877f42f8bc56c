"""Calibration: why it is kept no longer."""

from datetime import datetime, timedelta
from typing import Final

from vireo.api.reconcile import Observed
from vireo.kinds.calibration.types import CalibrationSpec, CalibrationStatus

Calibration = Observed[CalibrationSpec, CalibrationStatus]

KEPT_FOR: Final = timedelta(days=90)
"""Images come and go: what nothing was learned of for so long is forgotten, and that bounds how many there are."""


def forgotten_at(calibration: Calibration) -> datetime | None:
    """When it is kept no longer, if nothing is learned until then."""
    used = calibration.status.last_observation_time or calibration.meta.creation_timestamp
    return used + KEPT_FOR if used else None
