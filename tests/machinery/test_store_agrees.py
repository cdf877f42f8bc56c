"""The store ends up as the API server is, whatever is late: a watch, the answers to our own writes, or a whole list.

A machine of hypothesis plays users, the operator, and a network that delivers what it likes when it likes.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from machinery.test_store import MAPS, TOYS, config_map, toy
from reconcile.toy import CONFIG_MAP, KIND, TOY

from vireo.api.objects import Live
from vireo.api.resources import Key
from vireo.kube.store import Store, version_of

NAMES = st.sampled_from("ab")
PLURALS = st.sampled_from(["toys", "configmaps"])
BY_PLURAL = {one.plural: one for one in (TOY, CONFIG_MAP)}
SELECTORS = {watch.resource.plural: watch.selector for watch in KIND.watches}


@dataclass
class Stream:
    """What the API server has to tell of one resource, and how far it was told. `listing`: a list on its way, with its version."""

    events: list[tuple[int, Key, Live[Any] | None]] = field(default_factory=list)
    told: int = 0
    listing: tuple[int, dict[Key, Live[Any]]] | None = None


class Late(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = Store((KIND,))
        self.server: dict[Key, Live[Any]] = {}
        self.version = 0
        self.streams = {plural: Stream() for plural in BY_PLURAL}
        self.answers: list[Live[Any]] = []

    @rule(name=NAMES, after=st.sampled_from(["", "a", "b"]), by_us=st.booleans(), anew=st.booleans())
    def write_toy(self, name: str, after: str, by_us: bool, anew: bool) -> None:
        uid = self._uid(TOYS[name], anew)
        self._write(toy(name, self.version + 1, uid, after), by_us)

    @rule(name=NAMES, of=st.sampled_from(["", "a", "b"]), by_us=st.booleans(), anew=st.booleans())
    def write_config_map(self, name: str, of: str, by_us: bool, anew: bool) -> None:
        uid = self._uid(MAPS[name], anew)
        owner = self.server.get(TOYS.get(of, TOYS["a"])) if of else None
        self._write(config_map(name, self.version + 1, uid, of, owner.meta.uid if owner else "none"), by_us)

    @rule(plural=PLURALS, name=NAMES)
    def delete(self, plural: str, name: str) -> None:
        key = Key(BY_PLURAL[plural], "shop", name)
        if self.server.pop(key, None):
            self.version += 1
            self.streams[plural].events.append((self.version, key, None))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def deliver_an_answer(self, data: st.DataObject) -> None:
        self.store.put(self.answers.pop(data.draw(st.integers(0, len(self.answers) - 1))))

    @rule(plural=PLURALS)
    def deliver_an_event(self, plural: str) -> None:
        stream = self.streams[plural]
        if stream.listing is None and stream.told < len(stream.events):
            version, key, live = stream.events[stream.told]
            stream.told += 1
            if live:
                self.store.put(live)
            else:
                self.store.remove(key, version)

    @rule(plural=PLURALS)
    def begin_a_list(self, plural: str) -> None:
        seen = {key: live for key, live in self.server.items() if key.resource.plural == plural}
        self.streams[plural].listing = (self.version, seen)

    @rule(plural=PLURALS)
    def end_a_list(self, plural: str) -> None:
        stream = self.streams[plural]
        if stream.listing:
            version, seen = stream.listing
            for live in seen.values():
                self.store.put(live)
            self.store.keep(BY_PLURAL[plural], seen, version, SELECTORS.get(plural, ""))
            stream.told = sum(1 for event in stream.events if event[0] <= version)
            stream.listing = None

    @invariant()
    def indexes_agree_with_what_is_kept(self) -> None:
        kept = [
            live for resource in (TOY, CONFIG_MAP) for key in self.store.keys(resource) if (live := self.store.get(key))
        ]
        for name in "ab":
            key = TOYS[name]
            users = [one.key for one in kept if one.key.resource == TOY and one.view.spec.after == name]
            assert [one.key for one in self.store.users(key)] == sorted(users)
            uid = kept_uid(self.store, key)
            owned = [
                one.key
                for one in kept
                if (owner := one.meta.controller) and owner.name == name and one.meta.controlled_by(uid)
            ]
            assert [one.key for one in self.store.children(key, uid)] == sorted(owned)

    def teardown(self) -> None:
        for plural, stream in self.streams.items():
            self.end_a_list(plural)
            while stream.told < len(stream.events):
                self.deliver_an_event(plural)
        for answer in self.answers:
            self.store.put(answer)
        kept = {key: self.store.get(key) for resource in (TOY, CONFIG_MAP) for key in self.store.keys(resource)}
        assert kept == self.server
        assert all(self.store._users.values()), "an index keeps what it does not need"
        assert all(self.store._children.values()), "an index keeps what it does not need"

    def _uid(self, key: Key, anew: bool) -> str:
        """The UID that the object has. A new one has a new UID, after the end of the old one, which is an event of its own."""
        if anew:
            self.delete(key.resource.plural, key.name)
        old = self.server.get(key)
        return old.meta.uid if old else f"{key.resource.plural}-{key.name}-{self.version + 1}"

    def _write(self, live: Live[Any], by_us: bool) -> None:
        self.version = version_of(live.meta.resource_version)
        self.server[live.key] = live
        self.streams[live.key.resource.plural].events.append((self.version, live.key, live))
        if by_us:
            self.answers.append(live)


def kept_uid(store: Store, key: Key) -> str:
    live = store.get(key)
    return live.meta.uid if live else "none"


Late.TestCase.settings = settings(stateful_step_count=40)
TestTheStoreAgrees = Late.TestCase
