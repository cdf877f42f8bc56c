"""What a plan holds, in which order, and that it may be cut anywhere. Shown with the toy kind, whose child is a ConfigMap."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machinery.clock import NOON
from reconcile.toy import CONFIG_MAP, KIND, TOY, ToySpec, ToyStatus
from support.world import Raw, World, merged

from vireo.api.names import FINALIZER, LABEL_MANAGED
from vireo.api.objects import Child
from vireo.api.reconcile import Apply, Call, Create, Delete, Desired, Observed, SetFinalizer, Step
from vireo.api.resources import Key
from vireo.reconcile.plan import Applied, finished, plan, recall, remember

ENDING = {"deletionTimestamp": "2026-01-01T11:00:00Z"}


def toy(name: str = "a", *, metadata: Raw | None = None, **spec: Any) -> Raw:
    meta = {"name": name, "namespace": "shop", "uid": "u-1", **(metadata or {})}
    return {"apiVersion": TOY.api_version, "kind": "Toy", "metadata": meta, "spec": spec}


def child(name: str = "a", **metadata: Any) -> Raw:
    owner = {"apiVersion": TOY.api_version, "kind": "Toy", "name": "a", "uid": "u-1", "controller": True}
    meta = {"name": name, "namespace": "shop", "uid": f"child-{name}", "ownerReferences": [owner], **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}}


def steps(*objects: Raw) -> list[type[Step]]:
    return [type(step) for step in World((KIND,), NOON, *objects).steps()]


def test_the_finalizer_comes_before_what_must_end_in_order() -> None:
    assert steps(toy(orderly=True)) == [SetFinalizer, Create]


def test_the_finalizer_goes_when_nothing_is_left() -> None:
    ending = toy(metadata={**ENDING, "finalizers": [FINALIZER]}, orderly=True)
    assert steps(ending, child()) == [Delete]
    assert steps(ending) == [SetFinalizer]


def test_the_finalizer_is_not_taken_by_what_is_ending() -> None:
    world = World((KIND,), NOON, toy(metadata={**ENDING, "finalizers": ["others"]}))
    assert plan(world.observe(), Desired(finalizer=True), {}) == ()


def test_the_order_is_finalizer_children_acts_deletions() -> None:
    world = World((KIND,), NOON, toy(), child("b"), child("old"))
    observed = world.observe()
    wish = finished(
        observed,
        Desired(
            children=tuple(Child(CONFIG_MAP, {"metadata": {"name": name}}) for name in "ab"),
            calls=(Call("Start", Key(CONFIG_MAP, "shop", "a")),),
            delete=observed.all(CONFIG_MAP, "old"),
            finalizer=True,
        ),
    )
    assert [type(step) for step in plan(observed, wish, {})] == [SetFinalizer, Create, Apply, Call, Delete]
    held = replace(observed, meta=World((KIND,), NOON, toy(metadata={"finalizers": [FINALIZER]})).observe().meta)
    assert [type(step) for step in plan(held, replace(wish, finalizer=False), {})][-1] == SetFinalizer


def test_what_is_going_already_is_neither_changed_nor_deleted_again() -> None:
    world = World((KIND,), NOON, toy(), child(**ENDING, finalizers=["others"]))
    going = world.observe().all(CONFIG_MAP)
    assert world.steps() == ()
    assert plan(world.observe(), Desired(delete=going), {}) == ()


def test_a_child_that_was_applied_and_is_as_it_was_left_is_not_applied_again() -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    assert world.steps() == ()


@pytest.mark.parametrize("change", [{"data": {"text": "theirs"}}, {"metadata": {"labels": {LABEL_MANAGED: None}}}])
def test_a_child_that_others_changed_is_applied_again(change: Raw) -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    world.hold(merged_with(world, change))
    assert [type(step) for step in world.steps()] == [Apply]


@pytest.mark.parametrize(
    "field", [{"labels": {"more": "yes"}}, {"annotations": {"more": "yes"}}, {"finalizers": ["x/y"]}]
)
def test_what_others_put_beside_ours_is_no_reason_to_apply_it(field: Raw) -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    world.hold(merged_with(world, {"metadata": field}))
    assert world.steps() == ()


def test_a_change_of_the_childs_status_is_no_reason_to_apply_it() -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    world.hold(merged_with(world, {"status": {"phase": "Other"}}))
    assert world.steps() == ()


def restarted(world: World) -> Applied:
    """What an operator that remembers nothing believes: what the one before it said in the status."""
    said = ToyStatus(applied=remember(*wished(world.observe()), world.store.applied))
    return recall(*wished(replace(world.observe(), status=said)), {})


def wished(observed: Observed[ToySpec, ToyStatus]) -> tuple[Observed[ToySpec, ToyStatus], Desired]:
    return observed, finished(observed, KIND.desired(observed))


def test_a_restarted_operator_believes_the_status_as_long_as_wish_and_child_are_as_it_says() -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    assert restarted(world) == world.store.applied


@pytest.mark.parametrize("change", [{"data": {"text": "theirs"}}, {"metadata": {"labels": {LABEL_MANAGED: None}}}])
def test_a_restarted_operator_does_not_believe_it_of_what_others_changed(change: Raw) -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    world.hold(merged_with(world, change))
    assert restarted(world) == {}


def test_a_restarted_operator_does_not_believe_it_of_another_wish() -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    said = ToyStatus(applied=remember(*wished(world.observe()), world.store.applied))
    world.hold({**world.objects[world.key], "spec": {"text": "good bye"}})
    assert recall(*wished(replace(world.observe(), status=said)), {}) == {}


def test_another_wish_is_applied() -> None:
    world = World((KIND,), NOON, toy(text="hello"))
    world.settle()
    world.hold({**world.objects[world.key], "spec": {"text": "good bye"}})
    assert [type(step) for step in world.steps()] == [Apply]


def test_a_child_of_an_object_that_had_the_name_before_is_not_ours() -> None:
    world = World((KIND,), NOON, toy(metadata={"uid": "u-2"}), child())  # made for u-1
    assert [type(step) for step in world.steps()] == [Create]


def made_of(observed: Observed[ToySpec, ToyStatus], child: Child) -> Raw:
    return finished(observed, Desired(children=(child,))).children[0].manifest


def test_a_child_carries_whose_it_is_and_what_was_wanted() -> None:
    observed = World((KIND,), NOON, toy()).observe()
    labels, annotations = {"mine": "yes"}, {"note": "x"}
    child = Child(CONFIG_MAP, {"metadata": {"name": "a", "labels": labels, "annotations": annotations}, "data": {}})
    made = made_of(observed, child)
    assert made["metadata"]["labels"] == {"vireo.dev/managed": "toy", "mine": "yes"}
    assert made["metadata"]["annotations"] == {"note": "x", "vireo.dev/desired": child.digest}
    assert made["metadata"]["namespace"] == "shop"
    assert [owner["uid"] for owner in made["metadata"]["ownerReferences"]] == ["u-1"]


def test_what_holds_data_has_no_owner_that_could_take_it_along() -> None:
    observed = World((KIND,), NOON, toy()).observe()
    made = made_of(observed, Child(CONFIG_MAP, {"metadata": {"name": "a"}}, owned=False))
    assert "ownerReferences" not in made["metadata"]


def test_equal_wishes_have_equal_hashes_whatever_the_order_of_keys() -> None:
    one, other = {"a": {"b": 1, "c": [1, 2]}, "d": 2}, {"d": 2, "a": {"c": [1, 2], "b": 1}}
    assert Child(CONFIG_MAP, one).digest == Child(CONFIG_MAP, other).digest
    assert Child(CONFIG_MAP, {"a": [1, 2]}).digest != Child(CONFIG_MAP, {"a": [2, 1]}).digest


SPECS = st.fixed_dictionaries(
    {"text": st.sampled_from(["", "x", "y"]), "orderly": st.booleans()},
    optional={"more": st.sampled_from(["z"]), "after": st.sampled_from(["b", "c"])},
)


@given(before=SPECS, after=SPECS, ending=st.booleans(), cut=st.integers(0, 4))
def test_cut_after_any_step_and_planned_again_it_has_the_same_end(
    before: Raw, after: Raw, ending: bool, cut: int
) -> None:
    def world() -> World:
        """A toy that was settled, and then changed, or deleted, beside the toy `b`."""
        made = World((KIND,), NOON, toy(**before), toy("b", metadata={"uid": "u-b"}))
        made.settle()
        metadata = made.objects[made.key]["metadata"] | (ENDING if ending else {})
        made.hold({**made.objects[made.key], "spec": after, "metadata": metadata})
        return made

    whole, again = world(), world()
    if not whole.gone:
        whole.settle()
        again.settle(crash_after=cut)
    assert again.end() == whole.end()


def merged_with(world: World, change: Raw) -> Raw:
    """The toy's child with a change that others made."""
    return merged(world.objects[Key(CONFIG_MAP, "shop", "a")], change)
