"""Calibration: the types of its spec and status."""

from typing import Annotated, Final

from pydantic import Field

from vireo.api.conditions import Condition
from vireo.api.learning import Phase, Sample, SubjectKind
from vireo.api.schema import ListMap, Model, Time

KEPT: Final = 64
"""How many samples of a phase are kept: the newest. So what has changed is forgotten as soon as it was seen often enough."""


class CalibrationSubject(Model):
    """What the durations are of."""

    kind: Annotated[
        SubjectKind,
        Field(
            description="Image: the machines that boot from it. Preference: those that boot from a disk and name it. Cluster: all others, "
            "and what depends on no machine."
        ),
    ]
    name: Annotated[
        str | None, Field(description="The image or the preference; the cluster has none.", max_length=512)
    ] = None


class CalibrationSpec(Model):
    """What it is about."""

    subject: Annotated[CalibrationSubject, Field(description="What the durations are of.")]


class PhaseSamples(Model):
    """What was seen of one phase."""

    phase: Annotated[
        Phase,
        Field(
            description="Schedule: from the making of an instance until its pod is ready on a node. Run: until the guest's processor runs. "
            "Boot: until the guest's agent answers. Stop: from the order to shut down until the instance is gone. Copy: the copying of "
            "memory in a move. Overhead: what an operation that moves takes beside that."
        ),
    ]
    samples: Annotated[
        tuple[Sample, ...], Field(description="The newest durations, the oldest first.", max_length=KEPT)
    ]


class CalibrationStatus(Model):
    """What was learned."""

    observed_generation: Annotated[int, Field(description="The generation that this was said of.", ge=0)] = 0
    last_observation_time: Annotated[Time | None, Field(description="When something was learned last.")] = None
    phases: Annotated[
        tuple[PhaseSamples, ...], Field(description="What was seen, by phase.", max_length=16), ListMap("phase")
    ] = ()
    conditions: Annotated[
        tuple[Condition, ...],
        Field(description="Said only where the spec can not be read.", max_length=16),
        ListMap("type"),
    ] = ()
