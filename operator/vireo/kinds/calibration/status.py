"""Calibration: its status is storage (reconcile/learning.py writes it), so there is nothing to be said."""

from vireo.api.reconcile import Desired, Outcome
from vireo.kinds.calibration.checks import Calibration
from vireo.kinds.calibration.types import CalibrationStatus


def status_of(
    calibration: Calibration,
    _: Desired,
    outcomes: tuple[Outcome, ...],  # noqa: ARG001 - it is deleted, or it is not
) -> CalibrationStatus:
    return calibration.status
