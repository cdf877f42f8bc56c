"""What is learned: how long the phases of acts take, and what is therefore expected of the next act. Pure values.

  an act ends ──► Act (observed beside estimated) ──► its Observations ──► samples of each Topic ──► the next Estimate

A sample is worth something only among others, so losing some, or counting one twice, costs accuracy and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from vireo.api.resources import CALIBRATION, Key
from vireo.api.schema import Model

LONGEST_SECONDS: Final = 604800
"""A week. What takes longer is no measure of anything."""

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]
Phase = Literal["Schedule", "Run", "Boot", "Stop", "Copy", "Overhead"]
SubjectKind = Literal["Image", "Preference", "Cluster"]


@dataclass(frozen=True)
class Subject:
    """Whose durations are alike: the machines of an image, those of a preference, or all of the cluster (without a name)."""

    kind: SubjectKind
    name: str = ""

    @property
    def key(self) -> Key:
        """The Calibration of the subject. Its name is made of a hash, since an image's own may be no name of an object."""
        digest = f"-{blake2b(self.name.encode(), digest_size=8).hexdigest()}" if self.name else ""
        return Key(CALIBRATION, "", f"{self.kind.lower()}{digest}")


@dataclass(frozen=True)
class Topic:
    """One thing to be learned of a subject."""

    subject: Subject
    phase: Phase


class Sample(Model):
    """A duration that was seen."""

    seconds: Annotated[Seconds, Field(description="How long it took.")]
    size: Annotated[
        float,
        Field(
            description="What it depends on: the vCPUs of a boot, the GiB of memory of a move; 0 where it depends on nothing.",
            ge=0,
            le=1048576,
        ),
    ] = 0


Learned = Callable[[Topic], tuple[Sample, ...]]
"""What was seen of a topic, the oldest first."""


def nothing_learned(_: Topic) -> tuple[Sample, ...]:
    return ()


@dataclass(frozen=True)
class Observation:
    """A sample, and what it is of."""

    topic: Topic
    sample: Sample


@dataclass(frozen=True)
class Estimate:
    """What is expected, and how many observations stand behind it: with none it is a default."""

    seconds: float
    observations: int

    def said(self) -> dict[str, Any]:
        """As the fields of Lasted that are there before the act has ended."""
        return {"estimated": round(min(self.seconds, LONGEST_SECONDS), 1), "observations": self.observations}


class Lasted(Model):
    """How long an act took, beside what was expected of it when it began. Nothing in it is required: a status must not become
    unreadable, and be taken for none, for the sake of a figure."""

    seconds: Annotated[
        Seconds | None,
        Field(description="How long it took. Absent: it goes on, or did not come to its end."),
    ] = None
    estimated: Annotated[
        Seconds | None, Field(description="What was expected when it began, from the acts until then.")
    ] = None
    observations: Annotated[
        int, Field(description="How many observations stand behind the estimate; 0: it is a default.", ge=0)
    ] = 0


@dataclass(frozen=True)
class Act:
    """An act that has ended, and what is to be learned of it."""

    name: str
    """The word for metrics, such as Start."""
    lasted: Lasted
    observations: tuple[Observation, ...] = ()
