"""Calibration: names and columns."""

from typing import Final

from vireo.api.kind import Column, Kind
from vireo.api.resources import CALIBRATION
from vireo.kinds.calibration.desired import desired
from vireo.kinds.calibration.status import status_of
from vireo.kinds.calibration.types import CalibrationSpec, CalibrationStatus

KIND: Final = Kind(
    resource=CALIBRATION,
    singular="calibration",
    short_names=("vcal",),
    description="What was learned of how long things take, behind the estimates of starts, stops and moves. Vireo makes and writes it; "
    "one that is deleted is learned anew.",
    spec=CalibrationSpec,
    status=CalibrationStatus,
    columns=(
        Column("Subject", "string", ".spec.subject.kind", "What the durations are of."),
        Column("Of", "string", ".spec.subject.name", "Its name."),
        Column("Learned", "date", ".status.lastObservationTime", "When something was learned last."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
    ),
    watches=(),
    uses=lambda _meta, _spec, _status: frozenset(),
    desired=desired,
    status_of=status_of,
)
