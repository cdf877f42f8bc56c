"""What is looked at for a review: the objects that the spec names and what is below it, as they are now, and no others.

It is read from the API server at that moment. What a watch holds may be older than the apply whose next object is reviewed, and would
make Vireo say that the StorageClass of a moment ago does not exist.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vireo.admission.review import AnyKind, Review
from vireo.api.decode import decode_own
from vireo.api.kind import Watch
from vireo.api.objects import Live
from vireo.api.reconcile import Observed
from vireo.api.resources import Key, Resource
from vireo.kube.client import Client
from vireo.kube.look import get, listed, read, singleton


@dataclass
class Shared:
    """A look that serves all who asked before it began: to them it is as new as one of their own. So many who ask cost little more
    than one."""

    look: Callable[[], Awaitable[Live[Any]]]
    _next: asyncio.Task[Live[Any]] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> Live[Any]:
        """Raises what the look raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._begin())
        return await asyncio.shield(self._next)

    async def _begin(self) -> Live[Any]:
        async with self._turn:
            self._next = None
            return await self.look()


@dataclass(frozen=True)
class Looker:
    """Looks with this process' own rights; writes nothing."""

    client: Client
    kinds: Mapping[Resource, AnyKind]
    now: Callable[[], datetime]
    _singletons: dict[Resource, Shared] = field(default_factory=dict)

    async def observe(self, review: Review) -> Observed[Any, Any]:
        """What the kind's checks get. Raises ApiError."""
        kind, live = review.kind, review.live
        named = sorted(kind.uses(live.meta, live.view.spec, live.view.status))
        uses, children = await asyncio.gather(
            asyncio.gather(*(self._used(kind, key) for key in named)), self._children(kind, live)
        )
        return Observed(
            key=live.key,
            meta=live.meta,
            spec=live.view.spec,
            status=live.view.status,
            now=self.now(),
            uses=dict(zip(named, uses, strict=True)),
            children=children,
        )

    async def _used(self, kind: AnyKind, key: Key) -> Live[Any] | None:
        if not _looked_at(kind, key.resource):
            return None
        own = self.kinds.get(key.resource)
        if own and own.singleton:
            return await self._singleton(own)
        raw = await get(self.client, key)
        if raw is None:
            return None
        return decode_own(own, raw) if own else read(_watch(kind, key.resource), raw)

    async def _singleton(self, own: AnyKind) -> Live[Any]:
        shared = self._singletons.setdefault(own.resource, Shared(lambda: singleton(self.client, own, self.now())))
        return await shared.get()

    async def _children(self, kind: AnyKind, live: Live[Any]) -> tuple[Live[Any], ...]:
        """By the label that names their owner, and by their own name."""
        own = [watch for watch in kind.watches if watch.parent == kind.resource]
        labelled = [watch for watch in own if watch.label and _looked_at(kind, watch.resource)]
        found = await asyncio.gather(*(self._below(watch, live.key) for watch in labelled))
        return tuple(child for some in found for child in some)

    async def _below(self, watch: Watch, owner: Key) -> Iterable[Live[Any]]:
        named, namesake = await asyncio.gather(
            listed(self.client, watch, owner.namespace, f"{watch.label}={owner.name}"),
            get(self.client, Key(watch.resource, owner.namespace, owner.name)),
        )
        found = [*named, *([read(watch, namesake)] if namesake else [])]
        return {one.key: one for one in found if watch.owner and watch.owner(one) == owner}.values()


def _looked_at(kind: AnyKind, resource: Resource) -> bool:
    return kind.admission is not None and resource in kind.admission.looks_at


def _watch(kind: AnyKind, resource: Resource) -> Watch:
    return next(watch for watch in kind.watches if watch.resource == resource)
