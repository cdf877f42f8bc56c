"""Calibration: it wants nothing, but its own end when it is of no use any more."""

from vireo.api.objects import Live
from vireo.api.reconcile import Desired
from vireo.api.resources import CALIBRATION
from vireo.kinds.calibration.checks import Calibration, forgotten_at


def desired(calibration: Calibration) -> Desired:
    at = forgotten_at(calibration)
    if calibration.deleting or at is None or calibration.now < at:
        return Desired(wake_at=None if calibration.deleting else at)
    return Desired(delete=(Live(CALIBRATION, calibration.meta, None),))
