"""What a user writes over a template of another API, and what becomes of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.merging import merged

SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"])
KEYS = st.sampled_from(["name", "x", "y"])


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(KEYS, values, max_size=3)


def named(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    item = st.builds(lambda name, rest: {**rest, "name": name}, st.sampled_from(["main", "side"]), objects(values))
    return st.lists(item, max_size=2, unique_by=lambda one: one["name"])


VALUES = st.recursive(SCALARS, lambda below: objects(below) | named(below) | st.lists(below, max_size=2), max_leaves=6)


@pytest.mark.parametrize(
    ("target", "over", "result"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}, id="objects field by field"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}, id="however deep"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists of values as a whole"),
        pytest.param(
            [{"name": "main", "image": "i", "env": [{"name": "A", "value": "1"}]}],
            [{"name": "side", "image": "j"}, {"name": "main", "env": [{"name": "B", "value": "2"}]}],
            [
                {"name": "main", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "side", "image": "j"},
            ],
            id="named items by name, new ones behind",
        ),
        pytest.param([{"name": "a"}], [{"ip": "1"}], [{"ip": "1"}], id="items without names as a whole"),
        pytest.param(
            [{"name": "a", "x": 1}, {"name": "a", "x": 2}],
            [{"name": "a", "x": 3}],
            [{"name": "a", "x": 3}],
            id="a name that stands twice tells nothing",
        ),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}, id="null takes out"),
        pytest.param(
            {}, {"a": {"b": None, "c": [{"x": 1, "y": None}]}}, {"a": {"c": [{"x": 1}]}}, id="null adds nothing"
        ),
        pytest.param({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}, id="another type takes its place"),
    ],
)
def test_merged(target: Any, over: Any, result: Any) -> None:
    assert merged(target, over) == result


@given(VALUES, VALUES)
def test_what_is_merged_twice_is_merged_once(target: Any, over: Any) -> None:
    once = merged(target, over)
    assert merged(once, over) == once


@given(objects(VALUES))
def test_nothing_changes_nothing(target: Any) -> None:
    assert merged(target, {}) == target


@given(objects(VALUES), objects(VALUES))
def test_what_is_not_named_stays_and_what_is_named_is_there(target: Any, over: Any) -> None:
    result = merged(target, over)
    assert {name: result[name] for name in target.keys() - over.keys()} == {
        name: target[name] for name in target.keys() - over.keys()
    }
    assert result.keys() & over.keys() == {name for name, value in over.items() if value is not None}
