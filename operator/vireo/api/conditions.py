"""Conditions: how a status says what is so and why. Built from findings; times change only when the status does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from vireo.api.reasons import Reason
from vireo.api.schema import Model, Time

READY = "Ready"
RECONCILING = "Reconciling"
STALLED = "Stalled"
COMPLETE = "Complete"
FAILED = "Failed"
"""What an act ends in, as a Job does."""

NAMED_AT_MOST = 8
"""How many objects a message lists."""


@dataclass(frozen=True)
class Finding:
    """A fact with its reason. The message states the fact, names the object and says what the user can do.

    It is the same text each time: no clock, no random name, no unordered set.
    """

    reason: Reason
    message: str


class Condition(Model):
    """One aspect of the object's state, in the form of metav1.Condition."""

    type: Annotated[str, Field(description="The aspect, in CamelCase.", max_length=63)]
    status: Annotated[Literal["True", "False", "Unknown"], Field(description="Whether the aspect holds.")]
    reason: Annotated[
        str, Field(description="Why, as one word; all words are in docs/reference/reasons.md.", max_length=63)
    ]
    message: Annotated[str, Field(description="Why, as a sentence, and what to do about it.", max_length=4096)]
    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    last_transition_time: Annotated[Time, Field(description="When the status last changed.")]


@dataclass(frozen=True)
class Said:
    """A condition before it has times: what a kind's status.py says."""

    type: str
    status: bool | None
    finding: Finding


def holds(type_: str, finding: Finding) -> Said:
    return Said(type_, True, finding)


def fails(type_: str, finding: Finding) -> Said:
    return Said(type_, False, finding)


def conditions(
    previous: Sequence[Condition], said: Iterable[Said], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """What was said, as conditions, sorted by type; a status that did not change keeps its transition time."""
    before = {condition.type: condition for condition in previous}
    return tuple(
        _condition(before.get(one.type), one, generation, now) for one in sorted(said, key=lambda one: one.type)
    )


def _condition(previous: Condition | None, said: Said, generation: int, now: datetime) -> Condition:
    word: Literal["True", "False", "Unknown"] = "Unknown" if said.status is None else "True" if said.status else "False"
    kept = previous.last_transition_time if previous and previous.status == word else None
    return Condition(
        type=said.type,
        status=word,
        reason=said.finding.reason.value,
        message=said.finding.message[:4096],
        observed_generation=generation,
        last_transition_time=kept or now.replace(microsecond=0),
    )


def condition(present: Sequence[Condition], type_: str) -> Condition | None:
    """The condition of that type, if it was said."""
    return next((one for one in present if one.type == type_), None)


def unready_for(present: Sequence[Condition], now: datetime) -> timedelta:
    """How long it has not been Ready."""
    ready = condition(present, READY)
    return now - ready.last_transition_time if ready and ready.status == "False" else timedelta()


def pause(lasted: timedelta, soonest: timedelta, latest: timedelta) -> timedelta:
    """Until it is looked once more at what nobody tells of: soon at first, later the longer it lasts."""
    return min(max(lasted / 4, soonest), latest)


def progress(ready: Finding | None, working: Finding | None = None, stalled: Finding | None = None) -> tuple[Said, ...]:
    """The kstatus trio from at most one cause each, in the written order stalled, working, ready.

    Ready is True only with `ready` and nothing else; Reconciling and Stalled are abnormal-true, said only when they hold.
    """
    if stalled:
        return fails(READY, stalled), holds(STALLED, stalled)
    if working:
        return fails(READY, working), holds(RECONCILING, working)
    if ready:
        return (holds(READY, ready),)
    raise ValueError("a status needs a cause: ready, working or stalled")


def listed(names: Iterable[str]) -> str:
    """Names in a message: sorted, and of many the first."""
    ordered = sorted(names)
    more = f" and {len(ordered) - NAMED_AT_MOST} more" if len(ordered) > NAMED_AT_MOST else ""
    return ", ".join(ordered[:NAMED_AT_MOST]) + more
