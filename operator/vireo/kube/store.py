"""The store: every watched object as a projection, with the three questions that a reconcile asks of it.

Whose child is it (owner), who names it (users), and which keys does its change wake. Kept in step by the watches and by the answers
to our own writes, so that a reconcile sees what it wrote.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from vireo.api.kind import Kind, Watch
from vireo.api.objects import Live, OwnView
from vireo.api.resources import Key, Resource


class Store:
    """Projections by key, with indexes by owner and by use."""

    def __init__(self, kinds: Iterable[Kind[Any, Any]]) -> None:
        self.kinds = {kind.resource: kind for kind in kinds}
        self.watches: dict[Resource, Watch] = {}
        for watch in (watch for kind in self.kinds.values() for watch in kind.watches):
            if self.watches.setdefault(watch.resource, watch) != watch:
                raise ValueError(f"two kinds watch {watch.resource} in different ways: a resource has one projection")
        self._live: dict[Key, Live[Any]] = {}
        self._children: defaultdict[Key, set[Key]] = defaultdict(set)
        self._uses: dict[Key, frozenset[Key]] = {}
        self._users: defaultdict[Key, set[Key]] = defaultdict(set)

    def get(self, key: Key) -> Live[Any] | None:
        return self._live.get(key)

    def keys(self, resource: Resource) -> tuple[Key, ...]:
        """The keys of all objects of a resource, sorted."""
        return tuple(sorted(key for key in self._live if key.resource == resource))

    def children(self, parent: Key, uid: str) -> tuple[Live[Any], ...]:
        """What is below an object, down to the children of children. What an older object of the same name owned is not."""
        found = [self._live[key] for key in sorted(self._children.get(parent, ()))]
        owners, below = {uid}, [one for one in found if one.meta.controller is None]
        while new := [
            one for one in found if one not in below and one.meta.controller and one.meta.controller.uid in owners
        ]:
            below += new
            owners |= {one.meta.uid for one in new}
        return tuple(sorted(below, key=lambda one: one.key))

    def users(self, key: Key) -> tuple[Live[Any], ...]:
        """Vireo's objects whose spec names this one, or whose status says that they still hold it, sorted by key."""
        return tuple(self._live[user] for user in sorted(self._users.get(key, ())))

    def put(self, live: Live[Any]) -> frozenset[Key]:
        """Keeps an object unless a newer one is kept; answers with the keys that its change wakes."""
        key, old = live.key, self._live.get(live.key)
        if old and old.meta.uid == live.meta.uid and _version(old) > _version(live):
            return frozenset()
        self._live[key] = live
        return self._index(key, old, live)

    def remove(self, key: Key, uid: str = "") -> frozenset[Key]:
        """Forgets an object (of that UID); answers with the keys that its end wakes."""
        old = self._live.get(key)
        if old is None or (uid and old.meta.uid != uid):
            return frozenset()
        del self._live[key]
        return self._index(key, old, None)

    def _index(self, key: Key, old: Live[Any] | None, new: Live[Any] | None) -> frozenset[Key]:
        before, after = self._owner(old), self._owner(new)
        if before and before != after:
            self._children[before].discard(key)
        if after:
            self._children[after].add(key)
        used = self._uses.get(key, frozenset())
        names = self._names(new)
        for gone in used - names:
            self._users[gone].discard(key)
        for named in names:
            self._users[named].add(key)
        self._uses[key] = names
        if new is None:
            self._uses.pop(key)
        woken = {key} | {owner for owner in (before, after) if owner} | used | names | self._users.get(key, set())
        return frozenset(one for one in woken if one.resource in self.kinds)

    def _owner(self, live: Live[Any] | None) -> Key | None:
        watch = self.watches.get(live.resource) if live else None
        return watch.owner(live) if live and watch and watch.owner else None

    def _names(self, live: Live[Any] | None) -> frozenset[Key]:
        kind = self.kinds.get(live.resource) if live else None
        if live is None or kind is None or not isinstance(live.view, OwnView) or live.view.invalid:
            return frozenset()
        return kind.uses(live.meta, live.view.spec, live.view.status)


def _version(live: Live[Any]) -> int:
    """Resource versions of one resource may be compared as integers (KEP-5504)."""
    return int(live.meta.resource_version or 0)
