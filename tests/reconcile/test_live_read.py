"""Before something is let go, what is below is read from the API server itself: whatever a watch has told, or has not told yet."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import structs
from reconcile.cluster import NAMESPACES
from reconcile.toy import CONFIG_MAP, KIND, TOY

from vireo.api.kind import Kind, Watch
from vireo.api.objects import Live, Meta, OwnView
from vireo.api.resources import VIRTUAL_DISK, Key
from vireo.kube.client import ApiError, Client
from vireo.kube.observe import Reader
from vireo.kube.store import Store

pytestmark = pytest.mark.api

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def kind_of(watch: Watch, *, lets_go: bool = True) -> Kind[Any, Any]:
    return replace(KIND, watches=(watch,), lets_go=lambda _: lets_go)


Wake = Callable[[Iterable[Key]], None]


@dataclass
class Toys:
    """A toy whose children come and go while nobody watches."""

    client: Client
    namespace: str

    @property
    def toy(self) -> Live[OwnView]:
        meta = Meta("a", self.namespace, "uid-of-a")
        return Live(TOY, meta, OwnView(KIND.spec(), KIND.status()))

    async def make_child(self, name: str = "a", text: str = "") -> None:
        unknown = "example.org/v1"  # to the garbage collector, which would delete what a toy owns that there is not
        owner = {"apiVersion": unknown, "kind": "Toy", "name": "a", "uid": "uid-of-a", "controller": True}
        meta = {"name": name, "labels": {"vireo.dev/managed": "toy"}, "ownerReferences": [owner]}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"text": text}}
        await self.client.request("POST", CONFIG_MAP.path(self.namespace), body=body)

    async def delete_child(self, name: str = "a") -> None:
        await self.client.request("DELETE", CONFIG_MAP.path(self.namespace, name))

    async def children(
        self, kind: Kind[Any, Any], store: Store | None = None, wake: Wake = lambda _: None
    ) -> list[str]:
        reader = Reader(self.client, store or Store((kind,)))
        reader.wake = wake
        observed = await reader.observe(kind, self.toy, NOW)
        return [one.meta.name for one in observed.children]


@pytest.fixture
async def toys(control_plane: str, left: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Toys]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        namespace = f"live-{uuid.uuid4().hex[:8]}"
        await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": namespace}})
        yield Toys(client, namespace)
        left.append(namespace)


WATCH = KIND.watches[0]
NAMESAKE = replace(WATCH, namesake=True)


async def test_nothing_is_read_where_nothing_is_let_go(toys: Toys) -> None:
    await toys.make_child()
    assert await toys.children(kind_of(WATCH, lets_go=False)) == []


@pytest.mark.parametrize("watch", [WATCH, NAMESAKE], ids=["by selector", "by name"])
async def test_what_the_watch_has_not_told_yet_is_there(toys: Toys, watch: Watch) -> None:
    await toys.make_child()
    assert await toys.children(kind_of(watch)) == ["a"]


async def test_of_namesakes_the_others_are_not_asked_for(toys: Toys) -> None:
    await toys.make_child("a")
    await toys.make_child("b")
    assert await toys.children(kind_of(NAMESAKE)) == ["a"]
    assert await toys.children(kind_of(WATCH)) == ["a", "b"]


async def test_the_children_of_another_kind_are_not_asked_for(toys: Toys) -> None:
    await toys.make_child()
    assert await toys.children(kind_of(replace(WATCH, parent=VIRTUAL_DISK))) == []


@pytest.mark.parametrize("watch", [WATCH, NAMESAKE], ids=["by selector", "by name"])
async def test_what_ended_and_the_watch_has_not_told_yet_is_gone(toys: Toys, watch: Watch) -> None:
    kind = kind_of(watch)
    store = Store((kind,))
    await toys.make_child()
    assert await toys.children(kind, store) == ["a"]
    await toys.delete_child()
    assert await toys.children(kind, store) == []


async def test_who_else_names_what_ended_is_told(toys: Toys) -> None:
    named = Key(CONFIG_MAP, toys.namespace, "a")
    kind = replace(kind_of(WATCH), uses=lambda *_: frozenset({named}))
    store = Store((kind,))
    other = replace(toys.toy, meta=Meta("b", toys.namespace, "uid-of-b"))
    store.put(other)
    woken: list[Key] = []
    await toys.make_child()
    await toys.children(kind, store, woken.extend)
    assert woken == []
    await toys.delete_child()
    await toys.children(kind, store, woken.extend)
    assert woken == [other.key]


async def test_what_the_watch_tells_later_of_before_is_not_believed(toys: Toys) -> None:
    kind = kind_of(WATCH)
    store = Store((kind,))
    await toys.make_child()
    await toys.children(kind, store)
    (old,) = store.children(Key(TOY, toys.namespace, "a"), "uid-of-a")
    await toys.delete_child()
    assert await toys.children(kind, store) == []
    store.put(old)
    assert store.get(old.key) is None


async def test_what_can_not_be_read_is_no_reason_to_let_go(toys: Toys) -> None:
    class Odd(msgspec.Struct):
        data: dict[str, int]

    await toys.make_child(text="words")
    with pytest.raises(ApiError, match="Unreadable"):
        await toys.children(kind_of(replace(WATCH, view=Odd)))


async def test_what_is_not_served_is_not_there(toys: Toys) -> None:
    missing = structs.replace(CONFIG_MAP, group="example.org", plural="ghosts", kind="Ghost")
    assert await toys.children(kind_of(replace(WATCH, resource=missing))) == []
