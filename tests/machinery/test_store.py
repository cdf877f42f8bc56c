"""What the store keeps, forgets and wakes."""

from dataclasses import replace
from typing import Any

import pytest
from reconcile.toy import CONFIG_MAP, KIND, TOY, ConfigMapView, ToySpec, ToyStatus

from vireo.api.kind import Watch
from vireo.api.objects import Live, Meta, OwnerReference, OwnView
from vireo.api.resources import Key
from vireo.kube.store import Store

TOYS = {name: Key(TOY, "shop", name) for name in "ab"}
MAPS = {name: Key(CONFIG_MAP, "shop", name) for name in "ab"}


def toy(name: str, version: int = 1, uid: str = "u", after: str = "") -> Live[Any]:
    meta = Meta(name, "shop", uid, str(version))
    return Live(TOY, meta, OwnView(ToySpec(after=after or None), ToyStatus()))


def config_map(name: str, version: int = 1, uid: str = "m", of: str = "", of_uid: str = "u") -> Live[Any]:
    owners = (OwnerReference(TOY.api_version, "Toy", of, of_uid, controller=True),) if of else ()
    return Live(CONFIG_MAP, Meta(name, "shop", uid, str(version), owner_references=owners), ConfigMapView())


def names(found: Any) -> list[str]:
    return [one.meta.name for one in found]


def test_an_older_version_does_not_replace_a_newer_one() -> None:
    store = Store((KIND,))
    store.put(toy("a", 7, after="b"))
    assert store.put(toy("a", 6)) == frozenset()
    kept = store.get(TOYS["a"])
    assert kept is not None
    assert kept.meta.resource_version == "7"


def test_an_answer_that_is_later_than_the_end_does_not_bring_the_object_back() -> None:
    store = Store((KIND,))
    store.put(toy("a", 5))
    store.remove(TOYS["a"], 8)
    store.put(toy("a", 7))
    assert store.get(TOYS["a"]) is None
    store.put(toy("a", 9, uid="another"))
    assert store.get(TOYS["a"]) is not None


def test_the_end_of_an_object_is_not_the_end_of_the_next_one_of_its_name() -> None:
    store = Store((KIND,))
    store.put(toy("a", 9, uid="another"))
    store.remove(TOYS["a"], 8)
    assert store.get(TOYS["a"]) is not None


def test_a_list_forgets_what_it_does_not_show_but_not_what_is_newer_than_it() -> None:
    store = Store((KIND,))
    store.put(toy("a", 5))
    store.put(toy("b", 9))  # made by us while the list was on its way
    assert TOYS["a"] in store.keys(TOY)
    store.keep(TOY, (), 8)
    assert store.keys(TOY) == (TOYS["b"],)


def test_an_answer_that_is_later_than_a_list_without_the_object_does_not_bring_it_back() -> None:
    store = Store((KIND,))
    store.keep(TOY, (), 8)
    store.put(toy("a", 7))
    assert store.get(TOYS["a"]) is None


def test_what_is_not_served_any_more_is_forgotten_and_may_come_back() -> None:
    store = Store((KIND,))
    store.put(config_map("a", 5, of="a"))
    store.put(toy("a", 6))
    assert store.clear(CONFIG_MAP) == {TOYS["a"]}
    assert store.keys(CONFIG_MAP) == ()
    store.put(config_map("a", 5, of="a"))
    assert store.keys(CONFIG_MAP) == (MAPS["a"],)


def test_what_was_applied_is_remembered_as_long_as_the_child_lives() -> None:
    store = Store((KIND,))
    store.put(config_map("a", 5, of="a"))
    store.applied[MAPS["a"]] = ("wish", "fingerprint")
    store.remove(MAPS["a"], 6)
    assert store.applied == {}


def test_a_change_wakes_the_object_its_owner_those_it_names_and_those_who_name_it() -> None:
    store = Store((KIND,))
    assert store.put(toy("a", 1, after="b")) == {TOYS["a"], TOYS["b"]}
    assert store.put(toy("b", 2)) == {TOYS["b"], TOYS["a"]}
    assert store.put(config_map("x", 3, of="a")) == {TOYS["a"]}
    assert store.put(toy("a", 4)) == {TOYS["a"], TOYS["b"]}  # b is named no more
    assert store.remove(MAPS["a"], 5) == frozenset()


def test_whom_it_does_not_matter_who_names_it_is_not_woken_by_those() -> None:
    store = Store((replace(KIND, heeds_users=False),))
    store.put(toy("b"))
    assert store.put(toy("a", after="b")) == {TOYS["a"]}
    assert store.put(toy("b", 2)) == {TOYS["a"], TOYS["b"]}


def test_a_child_that_changes_hands_wakes_both_owners() -> None:
    store = Store((KIND,))
    store.put(config_map("x", 1, of="a"))
    assert store.put(config_map("x", 2, of="b")) == {TOYS["a"], TOYS["b"]}
    assert names(store.children(TOYS["a"], "u")) == []
    assert names(store.children(TOYS["b"], "u")) == ["x"]


def test_children_of_children_count_and_those_of_an_older_owner_do_not() -> None:
    watch = Watch(CONFIG_MAP, ConfigMapView, TOY, lambda _: TOYS["a"])
    store = Store((replace(KIND, watches=(watch,)),))
    store.put(config_map("child", 1, uid="c", of="a", of_uid="u"))
    store.put(config_map("grandchild", 2, uid="g", of="child", of_uid="c"))
    store.put(config_map("stranger", 3, uid="s", of="a", of_uid="older"))
    store.put(config_map("data", 4, uid="d"))
    assert names(store.children(TOYS["a"], "u")) == ["child", "data", "grandchild"]


def test_a_list_by_one_selector_says_nothing_of_what_another_shows() -> None:
    red = Watch(CONFIG_MAP, ConfigMapView, TOY, lambda _: TOYS["a"], selector="of=a")
    blue = Watch(CONFIG_MAP, ConfigMapView, TOY, lambda _: TOYS["b"], selector="of=b")
    store = Store((replace(KIND, watches=(red,)), replace(KIND, watches=(red, blue))))
    store.put(labelled("a", 5, of="a"))
    assert store.keep(CONFIG_MAP, (), 9, "of=b") == frozenset()
    assert store.put(labelled("a", 6, of="a")) == {TOYS["a"]}
    assert store.put(labelled("b", 7, of="b")) == frozenset(), "it had ended before the list"
    assert store.put(labelled("b", 10, of="b")) == {TOYS["b"]}
    assert store.keep(CONFIG_MAP, (), 11, "of=a") == {TOYS["a"]}
    assert store.keys(CONFIG_MAP) == (MAPS["b"],)


def labelled(name: str, version: int, of: str) -> Live[Any]:
    return Live(CONFIG_MAP, Meta(name, "shop", "m", str(version), labels={"of": of}), ConfigMapView())


def test_a_resource_that_two_kinds_would_see_differently_is_refused() -> None:
    other = replace(KIND, resource=CONFIG_MAP, watches=(Watch(CONFIG_MAP, ConfigMapView),))
    with pytest.raises(ValueError, match="two kinds watch configmaps"):
        Store((KIND, other))
