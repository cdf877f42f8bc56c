"""`kubectl vireo tree`: an object, what it uses and what is below it, as its kind's watches and uses say (vireo.kinds)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vireo.api.decode import decode_own
from vireo.api.kind import Kind, Watch
from vireo.api.names import GROUP
from vireo.api.resources import SECRET, Key
from vireo.kinds import KINDS
from vireo.kube.client import JSON, METADATA_ONLY, ApiError, Client
from vireo.kube.look import read
from vireo.kube.store import Store
from vireo.plugin.failure import ABSENT, FORBIDDEN, PluginError
from vireo.plugin.reading import raws, seen
from vireo.plugin.session import Session, checked
from vireo.plugin.shown.glance import HIDDEN, MISSING, Seen
from vireo.plugin.shown.tree import Part, branch, keys, page, part

AnyKind = Kind[Any, Any]
KIND_OF: Final[dict[str, AnyKind]] = {
    name: kind
    for kind in KINDS
    for one in (kind.singular, kind.resource.plural, *kind.short_names)
    for name in (one, f"{one}.{GROUP}")
}
NAMESAKES: Final = frozenset(watch.resource for kind in KINDS for watch in kind.watches if watch.namesake)
"""What is not there while there is no need of it, such as the instance of a machine that is off."""


async def run(session: Session) -> int:
    """0. Raises ApiError, PluginError."""
    kind, name = named(session.asked.kind_name)
    reader = Reader(session.client)
    key = Key(kind.resource, session.namespace if kind.resource.namespaced else "", name)
    root = await reader.root(kind, key)
    session.terminal.show(branch(root), lambda style: page(root, style, session.now()))
    for resource in sorted(reader.hidden):
        session.terminal.note(f"not shown: you may not look at {resource}")
    return 0


def named(typed: str) -> tuple[AnyKind, str]:
    """The kind and the name of KIND/NAME. Raises PluginError."""
    word, _, name = typed.partition("/")
    kind = KIND_OF.get(word.lower())
    if kind is None:
        known = ", ".join(f"{one.short_names[0]} ({one.singular})" for one in KINDS)
        raise PluginError(f"{typed!r} begins with no kind of Vireo's. Name one as KIND/NAME, with a kind of {known}")
    return kind, checked(name)


@dataclass
class Reader:
    """Reads what a tree is made of. `hidden` is what the user may not look at."""

    client: Client
    hidden: set[str] = field(default_factory=set)

    async def root(self, kind: AnyKind, key: Key) -> Part:
        """The whole tree. Raises ApiError, PluginError where the object does not exist."""
        raw = await self._get(key)
        if raw is None:
            where = f" -n {key.namespace}" if key.namespace else ""
            raise PluginError(f"{key} does not exist. See what does: kubectl get {kind.resource}{where}")
        children = await self._children(kind, raw)
        own = {one.key for one in children}
        used = await asyncio.gather(*(self._used(one, deep=bool(key.namespace)) for one in _uses(kind, raw) - own))
        return part(seen(kind.resource, raw), children, _each_once(one for one in used if one))

    async def _used(self, key: Key, *, deep: bool) -> Part | None:
        """What is named, and with `deep` what is below it; None where it needs not be there."""
        try:
            raw = await self._get(key)
        except ApiError as error:
            if error.code != FORBIDDEN:
                raise
            return Part(key, HIDDEN, uses=True)
        if raw is None:
            return None if key.resource in NAMESAKES else Part(key, MISSING, uses=True)
        kind = next((one for one in KINDS if one.resource == key.resource), None)
        children = await self._children(kind, raw) if kind and deep and key.namespace else ()
        return part(seen(key.resource, raw), children, uses=True)

    async def _get(self, key: Key) -> msgspec.Raw | None:
        """None where it does not exist. Of a Secret only the metadata is asked. Raises ApiError."""
        accept = METADATA_ONLY if key.resource == SECRET else JSON
        try:
            return msgspec.Raw(
                await self.client.request("GET", key.resource.path(key.namespace, key.name), accept=accept)
            )
        except ApiError as error:
            if error.code == ABSENT:
                return None
            raise

    async def _children(self, kind: AnyKind, raw: msgspec.Raw) -> tuple[Seen, ...]:
        """What is below the object, as the store of the operator would find it."""
        store, live = Store(KINDS), decode_own(kind, raw)
        store.put(live)
        below = [watch for watch in kind.watches if watch.parent == kind.resource]
        found = await asyncio.gather(*(self._watched(watch, live.key) for watch in below))
        glances: dict[Key, Seen] = {}
        for watch, raw_ones in zip(below, found, strict=True):
            for one in raw_ones:
                child = read(watch, one)
                store.put(child)
                glances[child.key] = seen(watch.resource, one)
        return tuple(glances[one.key] for one in store.children(live.key, live.meta.uid))

    async def _watched(self, watch: Watch, owner: Key) -> list[msgspec.Raw]:
        """What may be below the object by this watch."""
        name = f"metadata.name={owner.name}" if watch.namesake else ""
        try:
            found = await raws(
                self.client, watch.resource, owner.namespace, labelSelector=watch.selector, fieldSelector=name
            )
        except ApiError as error:
            if error.code != FORBIDDEN:
                raise
            self.hidden.add(str(watch.resource))
            return []
        return found or []


def _uses(kind: AnyKind, raw: msgspec.Raw) -> frozenset[Key]:
    """What its spec names, and what its status says is still held; nothing of a spec that is another version's."""
    live = decode_own(kind, raw)
    return frozenset() if live.view.invalid else kind.uses(live.meta, live.view.spec, live.view.status)


def _each_once(used: Iterable[Part]) -> list[Part]:
    """Less what stands below another already."""
    found = list(used)
    below = {key for one in found for branch_below in one.below for key in keys(branch_below)}
    return [one for one in found if one.key not in below]
