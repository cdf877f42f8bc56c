"""The store: every watched object as a projection, with the three questions that a reconcile asks of it.

Whose child is it (owner), who names it (users), and which keys does its change wake. Kept in step by the watches and by the answers
to our own writes, so that a reconcile sees what it wrote (rule 7 of the design).

Watches and answers come over different connections, so either may be late. Resource versions of one resource may be compared
as integers (KEP-5504), and only a newer one is believed: of an object that lives, and of one that is known to have ended.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from vireo.api.kind import Kind, Watch
from vireo.api.objects import Live, OwnView
from vireo.api.resources import Key, Resource

ENDS = 10_000
"""How many ends are remembered: far more than there are in the seconds that an answer may be late."""


class Store:
    """Projections by key, with indexes by owner and by use."""

    def __init__(self, kinds: Iterable[Kind[Any, Any]]) -> None:
        self.kinds = {kind.resource: kind for kind in kinds}
        self.watches: dict[Resource, tuple[Watch, ...]] = {}
        """Those of one resource differ by their selectors, and what two of them show has nothing in common."""
        for watch in (watch for kind in self.kinds.values() for watch in kind.watches):
            self._add(watch)
        self.applied: dict[Key, tuple[str, str]] = {}
        """What was true after the last apply of each child that lives: (hash of the wish, footprint of the object)."""
        self._live: defaultdict[Resource, dict[Key, Live[Any]]] = defaultdict(dict)
        self._ends: OrderedDict[Key, int] = OrderedDict()
        self._listed: dict[tuple[Resource, str], int] = {}
        self._children: defaultdict[Key, set[Key]] = defaultdict(set)
        self._uses: dict[Key, frozenset[Key]] = {}
        self._users: defaultdict[Key, set[Key]] = defaultdict(set)

    def _add(self, watch: Watch) -> None:
        others = [one for one in self.watches.get(watch.resource, ()) if one != watch]
        if any(
            one.view is not watch.view or one.selector in {"", watch.selector} or not watch.selector for one in others
        ):
            raise ValueError(f"two kinds watch {watch.resource} in different ways: a resource has one projection")
        self.watches[watch.resource] = (*others, watch)

    def view(self, resource: Resource) -> type[msgspec.Struct]:
        """The projection of a watched resource."""
        return self.watches[resource][0].view

    def get(self, key: Key) -> Live[Any] | None:
        return self._live[key.resource].get(key)

    def keys(self, resource: Resource) -> tuple[Key, ...]:
        """The keys of all objects of a resource, sorted."""
        return tuple(sorted(self._live[resource]))

    def all(self, resource: Resource) -> tuple[Live[Any], ...]:
        """All objects of a resource, sorted by key."""
        found = self._live[resource]
        return tuple(found[key] for key in sorted(found))

    def children(self, parent: Key, uid: str) -> tuple[Live[Any], ...]:
        """What is below an object, down to the children of children. What an older object of the same name owned is not."""
        below: list[Live[Any]] = []
        owned: defaultdict[str, list[Live[Any]]] = defaultdict(list)
        for key in self._children.get(parent, ()):
            one = self._live[key.resource][key]
            owner = one.meta.controller
            (below if owner is None or self._is_by_name(one) else owned[owner.uid]).append(one)
        owners = [uid]
        for owner_uid in owners:  # grows as it is walked
            new = owned.pop(owner_uid, [])
            below += new
            owners += [one.meta.uid for one in new]
        return tuple(sorted(below, key=lambda one: one.key))

    def uses(self, key: Key) -> frozenset[Key]:
        """What the spec and the status of an object of Vireo's name (Kind.uses)."""
        return self._uses.get(key, frozenset())

    def users(self, key: Key) -> tuple[Live[Any], ...]:
        """Vireo's objects whose spec names this one, or whose status says that they still hold it, sorted by key."""
        return tuple(self._live[user.resource][user] for user in sorted(self._users.get(key, ())))

    def put(self, live: Live[Any]) -> frozenset[Key]:
        """Keeps an object unless a newer one is kept or has ended; answers with the keys that its change wakes."""
        if self._is_stale(live):
            return frozenset()
        key, old = live.key, self.get(live.key)
        self._live[key.resource][key] = live
        return self._index(key, old, live)

    def _is_stale(self, live: Live[Any]) -> bool:
        version, old = version_of(live.meta.resource_version), self.get(live.key)
        if old:
            return version < version_of(old.meta.resource_version)
        listed = self._listed.get((live.resource, self._selector(live)), -1)
        return version <= max(self._ends.get(live.key, -1), listed)

    def remove(self, key: Key, version: int) -> frozenset[Key]:
        """Forgets an object that ended at that version, unless a newer one is kept; answers with the keys that its end wakes."""
        self._ends[key] = max(version, self._ends.pop(key, 0))
        if len(self._ends) > ENDS:
            self._ends.popitem(last=False)
        old = self.get(key)
        return frozenset() if old is None or version_of(old.meta.resource_version) > version else self._forget(key, old)

    def keep(self, resource: Resource, seen: Collection[Key], version: int, selector: str = "") -> frozenset[Key]:
        """Forgets what a whole list at that version does not show, after what it shows was put: it ended while nobody watched."""
        self._listed[resource, selector] = version
        shown = {key for key, live in self._live[resource].items() if self._selector(live) == selector}
        unseen = shown - set(seen)
        return frozenset[Key]().union(*(self.remove(key, version) for key in unseen))

    def clear(self, resource: Resource) -> frozenset[Key]:
        """Forgets all objects of a resource that is not served any more."""
        self._listed = {of: version for of, version in self._listed.items() if of[0] != resource}
        return frozenset[Key]().union(*(self._forget(live.key, live) for live in self.all(resource)))

    def _forget(self, key: Key, old: Live[Any]) -> frozenset[Key]:
        del self._live[key.resource][key]
        self.applied.pop(key, None)
        return self._index(key, old, None)

    def _index(self, key: Key, old: Live[Any] | None, new: Live[Any] | None) -> frozenset[Key]:
        before, after = self._owner(old), self._owner(new)
        if before and before != after:
            _take_out(self._children, before, key)
        if after:
            self._children[after].add(key)
        used = self._uses.get(key, frozenset())
        names = self._names(new)
        for gone in used - names:
            _take_out(self._users, gone, key)
        for named in names:
            self._users[named].add(key)
        if names:
            self._uses[key] = names
        else:
            self._uses.pop(key, None)
        heedful = {one for one in used | names if (kind := self.kinds.get(one.resource)) and kind.heeds_users}
        woken = {key} | {owner for owner in (before, after) if owner} | heedful | self._users.get(key, set())
        if _shown(old) != _shown(new):
            woken |= {
                one for kind in self.kinds.values() if key.resource in kind.around for one in self.keys(kind.resource)
            }
        return frozenset(one for one in woken if one.resource in self.kinds)

    def _watch(self, live: Live[Any]) -> Watch | None:
        """The watch that shows the object; None for one of Vireo's own that is not watched here."""
        found = self.watches.get(live.resource, ())
        return next((watch for watch in found if len(found) == 1 or watch.shows(live.meta.labels)), None)

    def _selector(self, live: Live[Any]) -> str:
        watch = self._watch(live)
        return watch.selector if watch else ""

    def _is_by_name(self, live: Live[Any]) -> bool:
        watch = self._watch(live)
        return watch is not None and watch.by_name

    def _owner(self, live: Live[Any] | None) -> Key | None:
        watch = self._watch(live) if live else None
        return watch.owner(live) if live and watch and watch.owner else None

    def _names(self, live: Live[Any] | None) -> frozenset[Key]:
        kind = self.kinds.get(live.resource) if live else None
        if live is None or kind is None or not isinstance(live.view, OwnView) or live.view.invalid:
            return frozenset()
        return kind.uses(live.meta, live.view.spec, live.view.status)


def version_of(resource_version: str) -> int:
    """The resource version as a number that grows."""
    return int(resource_version or 0)


def _shown(live: Live[Any] | None) -> tuple[Any, ...]:
    """What those who look around see of an object: a node is written every few minutes, and nearly always says the same."""
    return (live.view, live.meta.labels, live.meta.deletion_timestamp is None) if live else ()


def _take_out(index: dict[Key, set[Key]], key: Key, member: Key) -> None:
    index[key].discard(member)
    if not index[key]:
        del index[key]
