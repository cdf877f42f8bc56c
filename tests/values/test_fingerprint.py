"""The fingerprint of an object: what its writers decide counts, what the API server and status writers add does not."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vireo.api.decode import UNSIGNED, UNSIGNED_METADATA, fingerprint

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
OBJECTS = st.builds(lambda metadata, fields: {**fields, "metadata": metadata}, FIELDS, FIELDS)


def of(body: dict[str, Any]) -> str:
    return fingerprint(json.dumps(body).encode())


@given(OBJECTS, st.dictionaries(st.sampled_from(sorted(UNSIGNED)), VALUES))
def test_status_and_the_type_do_not_count(body: dict[str, Any], unsigned: dict[str, Any]) -> None:
    assert of({**body, **unsigned}) == of({name: value for name, value in body.items() if name not in UNSIGNED})


@given(OBJECTS, st.dictionaries(st.sampled_from(sorted(UNSIGNED_METADATA)), VALUES))
def test_versions_and_managed_fields_do_not_count(body: dict[str, Any], unsigned: dict[str, Any]) -> None:
    metadata = {name: value for name, value in body["metadata"].items() if name not in UNSIGNED_METADATA}
    assert of({**body, "metadata": {**metadata, **unsigned}}) == of({**body, "metadata": metadata})


@given(OBJECTS, OBJECTS)
def test_everything_else_counts(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (of(one) == of(other)) == (signed(one) == signed(other))


def test_where_a_field_stands_counts() -> None:
    assert of({"metadata": {"a": 1}, "b": 2}) != of({"metadata": {"a": 1, "b": 2}})
    assert of({"metadata": {"a": 1}, "b": 2}) != of({"metadata": {}, "a": 1, "b": 2})


def test_the_order_of_fields_does_not_count() -> None:
    assert of({"metadata": {"name": "a", "labels": {}}, "spec": 1, "data": 2}) == of(
        {"data": 2, "spec": 1, "metadata": {"labels": {}, "name": "a"}}
    )


def signed(body: dict[str, Any]) -> str:
    """What is left of it, as text: JSON tells 1 from true and 1.0, which Python's == does not."""
    metadata = {name: value for name, value in body["metadata"].items() if name not in UNSIGNED_METADATA}
    fields = {name: value for name, value in body.items() if name not in UNSIGNED | {"metadata"}}
    return json.dumps([sorted(metadata.items()), sorted(fields.items())])
