"""What a spec says of where its pods run, as far as machines and workloads say it alike: how much their load weighs."""

from typing import Annotated

from pydantic import Field

from vireo.api.names import ANNOTATION_SENSITIVITY

USUAL: float = 1

Sensitivity = Annotated[
    float,
    Field(
        description="How much its load weighs where Vireo places: 2 counts twice, so that others keep more away from it. It never "
        "changes what it is given.",
        gt=0,
        le=10,
    ),
]


def sensitivity_annotation(sensitivity: float) -> dict[str, str]:
    """What its pods carry, for whoever weighs their load; nothing where it is as usual."""
    return {} if sensitivity == USUAL else {ANNOTATION_SENSITIVITY: f"{sensitivity:g}"}
