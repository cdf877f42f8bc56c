"""`kubectl vireo status`: the cluster on one page."""

import asyncio
from dataclasses import dataclass
from typing import Final

import msgspec

from vireo.api.resources import OPERATION, Key, Resource
from vireo.kinds import KINDS
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kube.client import ApiError, Client
from vireo.kube.look import get
from vireo.plugin.failure import FORBIDDEN, NOT_INSTALLED, PluginError
from vireo.plugin.reading import raws, seen
from vireo.plugin.session import Session
from vireo.plugin.shown.glance import HIDDEN, Seen, State
from vireo.plugin.shown.status import (
    NO_PLATFORM,
    Lacking,
    OperationGlance,
    PlatformGlance,
    counts,
    overview,
    page,
)

SHOWN: Final = tuple(kind.resource for kind in KINDS if kind.ready_when and not kind.singleton)
"""The kinds of which it can be said that they are Ready."""


@dataclass(frozen=True)
class Listed:
    """The objects of a kind; none where it is not served, or may not be looked at."""

    kind: Resource
    objects: tuple[Seen, ...] = ()
    served: bool = True
    hidden: bool = False


async def run(session: Session) -> int:
    """0 if all that is shown is Ready. Raises ApiError, PluginError."""
    namespace = "" if session.asked.all_namespaces else session.namespace
    (platform, components), lists = await asyncio.gather(
        _platform(session.client), asyncio.gather(*(_list(session.client, kind, namespace) for kind in SHOWN))
    )
    if not any(one.served for one in lists):
        raise PluginError(NOT_INSTALLED)
    shown = {one.kind: one.objects for one in lists if one.served and not one.hidden}
    if not shown:
        raise PluginError("you may look at nothing of Vireo's here. Name a namespace in which you may, by -n")
    found = overview(platform, components, shown, namespace)
    session.terminal.show(found, lambda style: page(found, style, session.now()))
    for one in lists:
        if one.hidden:
            session.terminal.note(f"not shown: you may not list {one.kind}")
    return 0 if found.ready else 1


async def _list(client: Client, kind: Resource, namespace: str) -> Listed:
    try:
        found = await raws(client, kind, namespace)
    except ApiError as error:
        if error.code != FORBIDDEN:
            raise
        return Listed(kind, hidden=True)
    if found is None:
        return Listed(kind, served=False)
    return Listed(kind, tuple(one for raw in found if (one := _counted(kind, raw))))


def _counted(kind: Resource, raw: msgspec.Raw) -> Seen | None:
    """The object, if it says anything of the cluster."""
    found = seen(kind, raw)
    if kind == OPERATION and not counts(msgspec.json.decode(raw, type=OperationGlance), found):
        return None
    return found


async def _platform(client: Client) -> tuple[State, tuple[Lacking, ...]]:
    """The verdict on the cluster, and what it has of components."""
    key: Key = THE_PLATFORM
    try:
        raw = await get(client, key)
    except ApiError as error:
        if error.code != FORBIDDEN:
            raise
        return HIDDEN, ()
    if raw is None:
        return NO_PLATFORM, ()
    return seen(key.resource, raw).state, msgspec.json.decode(raw, type=PlatformGlance).status.components
