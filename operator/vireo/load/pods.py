"""What is read of a pod by who places it, or counts what it takes."""

from typing import Final

import msgspec

from vireo.api.names import ANNOTATION_SENSITIVITY
from vireo.api.objects import Meta
from vireo.formulas.balance import NOTHING, Amounts
from vireo.load.requests import Spec, asked

LEAST_SENSITIVE: Final = 0.1
MOST_SENSITIVE: Final = 10.0
"""What is said beyond these is absurd."""


class Pod(msgspec.Struct, frozen=True):
    """One that is to be placed."""

    metadata: Meta
    spec: Spec = Spec()

    @property
    def key(self) -> str:
        """NAMESPACE/NAME, as the load table has it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"


def requested(pod: Pod) -> Amounts:
    """What a scheduler counts for the pod. What is no quantity was refused by the API server; by one that takes it, it is not known."""
    try:
        return asked(pod.spec)
    except ValueError:
        return NOTHING


def sensitivity(pod: Pod) -> float:
    """s of the model, as the pod's annotation says it; 1 where it says nothing, or nothing that can be."""
    try:
        found = float(pod.metadata.annotations.get(ANNOTATION_SENSITIVITY, "1"))
    except ValueError:
        return 1.0
    return found if LEAST_SENSITIVE <= found <= MOST_SENSITIVE else 1.0
