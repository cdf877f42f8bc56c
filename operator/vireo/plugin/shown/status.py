"""The page of `kubectl vireo status`: what the cluster lacks, how many objects are Ready, and of each that is not, why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from vireo.api.reasons import Reason
from vireo.api.resources import Resource
from vireo.plugin.shown.glance import GOING, LOOK_FOR_IT, Seen, State
from vireo.plugin.shown.style import Cell, Mood, Style, age, sentence

NO_PLATFORM: Final = State(
    "Missing",
    well=False,
    mood="bad",
    message=f"Vireo has not looked at this cluster yet: see whether it runs: {LOOK_FOR_IT}",
)

OF_STATE: Final = {"TooOld": " (too old)"}


class Lacking(msgspec.Struct, frozen=True):
    """A component of the Platform that is missing or too old, and what does not go without it."""

    name: str
    state: str
    message: str = ""


class Count(msgspec.Struct, frozen=True, rename="camel"):
    """The objects of a kind."""

    kind: str
    ready: int
    not_ready: int


class Unready(msgspec.Struct, frozen=True):
    """An object that is not Ready."""

    kind: str
    namespace: str
    name: str
    state: str
    reason: str
    message: str
    since: datetime | None


class Verdict(msgspec.Struct, frozen=True):
    """What the Platform says of the cluster."""

    ready: bool
    reason: str
    message: str


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """The page, as JSON has it too. Without a namespace it is of all."""

    ready: bool
    namespace: str
    platform: Verdict
    missing: tuple[Lacking, ...]
    counts: tuple[Count, ...]
    not_ready: tuple[Unready, ...]


class PlatformStatus(msgspec.Struct, frozen=True):
    """status.components of the Platform."""

    components: tuple[Lacking, ...] = ()


class PlatformGlance(msgspec.Struct, frozen=True):
    """The Platform, as far as it is shown."""

    status: PlatformStatus = PlatformStatus()


class Tried(msgspec.Struct, frozen=True, rename="camel"):
    """spec.dryRun of an operation."""

    dry_run: bool = False


class OperationGlance(msgspec.Struct, frozen=True):
    """An operation, as far as it says whether it counts."""

    spec: Tried = Tried()


def counts(operation: OperationGlance, seen: Seen) -> bool:
    """An act that was only tried, or that somebody called back, is no state of the cluster."""
    return not operation.spec.dry_run and seen.state.reason != Reason.CANCELLED


def overview(
    platform: State,
    components: Iterable[Lacking],
    kinds: Mapping[Resource, Sequence[Seen]],
    namespace: str = "",
) -> Overview:
    """What is to be shown of the objects of each kind. Those that are not Ready stand in the order in which they ceased to be."""
    unready = sorted((one for found in kinds.values() for one in found if not one.state.well), key=_oldest_first)
    return Overview(
        ready=platform.well and not unready,
        namespace=namespace,
        platform=Verdict(platform.well, platform.reason or platform.word, platform.message),
        missing=tuple(one for one in components if one.state != "Supported"),
        counts=tuple(_count(kind, found) for kind, found in kinds.items()),
        not_ready=tuple(_unready(one) for one in unready),
    )


def _oldest_first(seen: Seen) -> tuple[datetime, str]:
    return (seen.state.since or datetime.max.replace(tzinfo=UTC), str(seen.key))


def _count(kind: Resource, found: Sequence[Seen]) -> Count:
    well = sum(one.state.well for one in found)
    return Count(kind.kind, well, len(found) - well)


def _unready(seen: Seen) -> Unready:
    key, found = seen.key, seen.state
    return Unready(key.resource.kind, key.namespace, key.name, found.word, found.reason, found.message, found.since)


def page(found: Overview, style: Style, now: datetime) -> list[str]:
    """The verdict, what is missing, the counts, and then each object that is not Ready with why."""
    return [
        *_platform(found, style),
        "",
        *_counts(found, style),
        "",
        *(_troubles(found, style, now) or [_all_is_well(found, style)]),
    ]


def _all_is_well(found: Overview, style: Style) -> str:
    there = any(one.ready for one in found.counts)
    return style.paint("All of them are Ready.", "good") if there else "There is none of them."


def _platform(found: Overview, style: Style) -> list[str]:
    verdict = found.platform
    word = style.paint(verdict.reason, "good" if verdict.ready else "bad")
    lines = [f"{style.paint('PLATFORM', 'head')}   {word}", sentence(verdict.message)]
    if found.missing:
        lines += ["", style.paint("MISSING", "head")]
    return lines + [sentence(f"{one.name}{OF_STATE.get(one.state, '')}: {one.message}") for one in found.missing]


def _counts(found: Overview, style: Style) -> list[str]:
    rows = [
        (one.kind, str(one.ready), Cell(str(one.not_ready), "bad" if one.not_ready else "plain"))
        for one in found.counts
    ]
    where = f"KIND (in {found.namespace})" if found.namespace else "KIND"
    return style.table((where, "READY", "NOT READY"), rows)


def _troubles(found: Overview, style: Style, now: datetime) -> list[str]:
    rows = [_row(one, now) for one in found.not_ready]
    if not rows:
        return []
    head, *lines = style.table(("NOT READY", "STATE", "REASON", "SINCE"), rows)
    told = ([sentence(one.message)] if one.message else [] for one in found.not_ready)
    return [head, *(line for row, why in zip(lines, told, strict=True) for line in (row, *why))]


def _row(one: Unready, now: datetime) -> tuple[Cell | str, ...]:
    mood: Mood = "going" if one.state in GOING else "bad"
    where = f"{one.namespace}/{one.name}" if one.namespace else one.name
    return (f"{one.kind} {where}", Cell(one.state, mood), one.reason, age(one.since, now))
