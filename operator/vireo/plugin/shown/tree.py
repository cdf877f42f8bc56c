"""The tree of `kubectl vireo tree`: an object, what it uses, and what is below it, in the order of who owns what."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from vireo.api.resources import NAMESPACE, PLATFORM, Key
from vireo.plugin.shown.glance import Seen, State, named
from vireo.plugin.shown.style import Style, age, sentence

AROUND: Final = frozenset({NAMESPACE, PLATFORM})
"""What every object uses: shown only where it is not as it should be."""
TEE, LAST, PIPE, GAP = "├─ ", "└─ ", "│  ", "   "


class Branch(msgspec.Struct, frozen=True, rename="camel"):
    """A Part, as JSON has it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uses: bool
    state: str
    well: bool
    reason: str
    message: str
    since: datetime | None
    below: "tuple[Branch, ...]" = ()


class Part(msgspec.Struct, frozen=True):
    """An object, how it is, and what is below it. `uses`: the one above names it, and does not own it."""

    key: Key
    state: State
    uses: bool = False
    below: "tuple[Part, ...]" = ()


def part(root: Seen, children: Sequence[Seen], used: Iterable[Part] = (), *, uses: bool = False) -> Part:
    """The object with what it uses, and the children below the ones that control them; those of others, or of none, below itself."""
    uids = {one.glance.metadata.uid for one in children}
    top = [one for one in children if _owner(one) not in uids]
    below = (*_worth_showing(used), *(_below(one, children) for one in _sorted(top)))
    return Part(root.key, root.state, uses, below)


def _below(one: Seen, children: Sequence[Seen]) -> Part:
    own = [child for child in children if _owner(child) == one.glance.metadata.uid]
    return Part(one.key, one.state, below=tuple(_below(child, children) for child in _sorted(own)))


def _owner(one: Seen) -> str:
    found = one.glance.metadata.controller
    return found.uid if found else ""


def _sorted(found: Iterable[Seen]) -> list[Seen]:
    return sorted(found, key=lambda one: one.key)


def _worth_showing(used: Iterable[Part]) -> Iterator[Part]:
    for one in sorted(used, key=lambda one: (one.key.resource.kind, one.key)):
        if one.key.resource not in AROUND or not one.state.well:
            yield one


def keys(one: Part) -> Iterator[Key]:
    """The object and all below it."""
    yield one.key
    for below in one.below:
        yield from keys(below)


def branch(one: Part) -> Branch:
    """As JSON has it."""
    key, found = one.key, one.state
    return Branch(
        api_version=key.resource.api_version,
        kind=key.resource.kind,
        namespace=key.namespace,
        name=key.name,
        uses=one.uses,
        state=found.word,
        well=found.well,
        reason=found.reason,
        message=found.message,
        since=found.since,
        below=tuple(branch(below) for below in one.below),
    )


def page(root: Part, style: Style, now: datetime) -> list[str]:
    """The tree, and below it the sentences of what is not well."""
    lines = list(_lines(root, "", ""))
    space = root.key.namespace
    rows = [
        (
            f"{stem}{'uses ' if one.uses else ''}{named(one.key, space)}",
            one.state.cell,
            one.state.reason,
            age(one.state.since, now),
        )
        for stem, one in lines
    ]
    told = {one.key: one.state for _, one in lines if one.state.message and (one is root or not one.state.well)}
    why = [line for key, found in told.items() for line in ("", *_sentence(key, found, space, style))]
    return [*style.table(("OBJECT", "STATE", "REASON", "SINCE"), rows), *why]


def _lines(one: Part, stem: str, next_stem: str) -> Iterator[tuple[str, Part]]:
    yield stem, one
    for number, below in enumerate(one.below, start=1):
        last = number == len(one.below)
        yield from _lines(below, next_stem + (LAST if last else TEE), next_stem + (GAP if last else PIPE))


def _sentence(key: Key, found: State, namespace: str, style: Style) -> list[str]:
    return [style.paint(named(key, namespace), "head"), sentence(found.message)]
