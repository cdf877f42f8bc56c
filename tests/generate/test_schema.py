"""Types become structural schemas, or are refused with their path."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from generate.schema import BadTypeError, Place, schema_of
from vireo.api.schema import Duration, ListMap, Model, OpenModel, Quantity, Refused, Rule, Time

SPEC = Place("spec")
STATUS = Place("status", by_people=False)


def said(**bounds: Any) -> Any:
    return Field(description="What it is.", **bounds)


class Size(StrEnum):
    SMALL = "Small"
    LARGE = "Large"


class Nic(Model):
    name: Annotated[str, said(max_length=63)]
    mtu: Annotated[int, said(ge=68)] = 1500


class Named(Model):
    name: Annotated[str, said(max_length=63)]
    note: Annotated[str | None, said(max_length=63)] = None


class Engine(Model):
    cores: Annotated[int, said()] = 1
    turbo: Annotated[bool, said()] = False


class Car(Model):
    engine: Annotated[Engine, said()] = Engine(cores=4)
    idle_after: Annotated[Duration, said()] = timedelta(seconds=90)
    memory: Annotated[Quantity | None, said()] = None
    model: Annotated[str, said(max_length=9)] = ""
    seats: Annotated[tuple[int, ...], said(max_length=9)] = ()


class Chain(Model):
    link: Annotated["Chain | None", said()] = None


class Foreign(OpenModel):
    name: Annotated[str | None, said(max_length=63)] = None
    nodes: Annotated[Any, said(), Refused("array", "take it out")] = None
    node: Annotated[Any, said(), Refused("string", "take it out")] = None


NAME = {"description": "What it is.", "type": "string", "maxLength": 63}

BECOMES: dict[str, tuple[Any, dict[str, Any]]] = {
    "a bounded string": (Annotated[str, Field(max_length=9)], {"type": "string", "maxLength": 9}),
    "a flag": (bool, {"type": "boolean"}),
    "an optional value is the value, since absence is no null": (int | None, {"type": "integer"}),
    "bounds inside and outside of an optional value": (
        Annotated[Annotated[str, Field(max_length=9)] | None, Field(pattern="^a")],
        {"type": "string", "maxLength": 9, "pattern": "^a"},
    ),
    "a single literal is an enum": (Literal["A"], {"type": "string", "enum": ["A"]}),
    "literals are an enum": (Literal["A", "B"], {"type": "string", "enum": ["A", "B"]}),
    "an enum class": (Size, {"type": "string", "enum": ["Small", "Large"]}),
    "a whole number above a bound": (Annotated[int, Field(gt=0)], {"type": "integer", "minimum": 1}),
    "a whole number below a bound": (Annotated[int, Field(lt=9)], {"type": "integer", "maximum": 8}),
    "a fraction above a bound": (
        Annotated[float, Field(gt=0, le=1)],
        {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1},
    ),
    "a moment": (Time, {"type": "string", "format": "date-time"}),
    "a duration is text on the wire": (
        Duration,
        {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$", "maxLength": 32},
    ),
    "a number or text": (
        int | Annotated[str, Field(max_length=9)],
        {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True, "maxLength": 9},
    ),
    "a list is atomic": (
        Annotated[tuple[Size, ...], Field(max_length=2, min_length=1)],
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "x-kubernetes-list-type": "atomic",
            "items": {"type": "string", "enum": ["Small", "Large"]},
        },
    ),
    "a list with keys is a map, and its items may have defaults": (
        Annotated[tuple[Nic, ...], ListMap("name"), Field(max_length=2)],
        {
            "type": "array",
            "maxItems": 2,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": NAME,
                    "mtu": {"description": "What it is.", "default": 1500, "type": "integer", "minimum": 68},
                },
            },
        },
    ),
    "a map": (
        Annotated[dict[str, bool], Field(max_length=4)],
        {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "boolean"}},
    ),
    "an object of another API": (OpenModel, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
    "an object of another API of which some fields are ours": (
        Foreign,
        {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {
                "name": NAME,
                "nodes": {
                    "description": "What it is.",
                    "type": "array",
                    "x-kubernetes-list-type": "atomic",
                    "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    "x-kubernetes-validations": [{"rule": "false", "message": "take it out"}],
                },
                "node": {
                    "description": "What it is.",
                    "type": "string",
                    "x-kubernetes-validations": [{"rule": "false", "message": "take it out"}],
                },
            },
        },
    ),
    "an object without fields": (Model, {"type": "object"}),
    "rules in the order they were written": (
        Annotated[Named, Rule("has(self.note)", "needs a note", path="note"), Rule("self == oldSelf", "stays")],
        {
            "type": "object",
            "required": ["name"],
            "properties": {"name": NAME, "note": NAME},
            "x-kubernetes-validations": [
                {"rule": "has(self.note)", "message": "needs a note", "fieldPath": ".note"},
                {"rule": "self == oldSelf", "message": "stays"},
            ],
        },
    ),
    "a transition rule that is also asked at creation": (
        Annotated[int, Rule("!oldSelf.hasValue() || self > 1", "grows", optional_old_self=True)],
        {
            "type": "integer",
            "x-kubernetes-validations": [
                {"rule": "!oldSelf.hasValue() || self > 1", "message": "grows", "optionalOldSelf": True}
            ],
        },
    ),
}


@pytest.mark.parametrize("sentence", BECOMES)
def test_becomes(sentence: str) -> None:
    hint, expected = BECOMES[sentence]
    assert schema_of(hint, (), SPEC) == expected


def test_defaults_are_said_once_in_wire_form_and_only_where_absence_means_something_else() -> None:
    fields = schema_of(Car, (), SPEC)["properties"]
    assert {name: field.get("default") for name, field in fields.items()} == {
        "engine": {"cores": 4},
        "idleAfter": "1m30s",
        "memory": None,
        "model": None,
        "seats": None,
    }
    assert fields["engine"]["properties"]["cores"]["default"] == 1
    assert fields["engine"]["properties"]["turbo"]["default"] is False


def test_a_status_has_no_defaults_since_it_is_written_whole() -> None:
    assert "default" not in schema_of(Nic, (), STATUS)["properties"]["mtu"]


def test_a_status_may_use_the_words_of_conditions() -> None:
    assert schema_of(Literal["True", "Unknown"], (), STATUS)["enum"] == ["True", "Unknown"]


class Undescribed(Model):
    cores: int


class Wrong(Model):
    cores: Annotated[int, said(ge=4)] = 3


REFUSED: dict[str, tuple[Any, str]] = {
    "a field without a description": (Undescribed, r"spec\.cores: no description"),
    "a string without a bound": (str, "spec: a string without a bound"),
    "a string of which only the pattern is known": (Annotated[str, Field(pattern="^a+$")], "a string without a bound"),
    "a list without a bound": (tuple[int, ...], "a list or map without a bound"),
    "a map without a bound": (dict[str, int], "a list or map without a bound"),
    "a string in a list without a bound": (
        Annotated[tuple[str, ...], Field(max_length=2)],
        r"spec\[\]: a string without a bound",
    ),
    "a string in a map without a bound": (
        Annotated[dict[str, str], Field(max_length=2)],
        r"spec\.\*: a string without a bound",
    ),
    "a default inside an atomic list": (
        Annotated[tuple[Nic, ...], Field(max_length=2)],
        r"spec\[\]\.mtu: the default 1500 stands inside an atomic list",
    ),
    "a default inside a list-map inside an atomic list": (
        Annotated[tuple[Annotated[tuple[Nic, ...], ListMap("name"), Field(max_length=2)], ...], Field(max_length=2)],
        r"spec\[\]\[\]\.mtu: the default 1500 stands inside an atomic list",
    ),
    "a default that its own bounds refuse": (Wrong, "greater than or equal to 4"),
    "a list-map whose key is no field": (
        Annotated[tuple[Named, ...], ListMap("id"), Field(max_length=2)],
        "its items have no key 'id'",
    ),
    "a list-map whose key may be absent": (
        Annotated[tuple[Named, ...], ListMap("note"), Field(max_length=2)],
        "its items have no key 'note'",
    ),
    "a list-map of scalars": (Annotated[tuple[int, ...], ListMap("name"), Field(max_length=2)], "no key 'name'"),
    "a word that YAML reads as a flag": (Literal["On", "Half"], "spec: YAML reads On as something else"),
    "a word that YAML reads as nothing": (Literal["Null"], "YAML reads Null"),
    "a word that some readers of YAML take for a flag": (Literal["Y"], "YAML reads Y"),
    "a word that YAML reads as a number": (Literal["10"], "YAML reads 10"),
    "a union": (Annotated[int | bool, Field()], "is a union"),
    "a number or text without a bound": (int | str, "a string without a bound"),
    "a union of objects": (Named | Engine, "is a union"),
    "a type that contains itself": (Chain, r"spec\.link: Chain contains itself"),
    "a tuple of fixed length": (tuple[int, int], "a tuple of fixed length"),
    "a map with keys that are no strings": (dict[int, int], "keys that are no strings"),
    "anything": (Any, "can not be said in a CRD"),
    "bytes, whose format nobody checks": (bytes, "does not check format binary"),
    "a rule that reports at a field that is not there": (
        Annotated[Named, Rule("true", "is not", path="name.first")],
        r"a rule reports at name\.first, which is no field of it",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refuses(sentence: str) -> None:
    hint, message = REFUSED[sentence]
    with pytest.raises(ValueError, match=message):
        schema_of(hint, (), SPEC)


def test_a_refusal_says_what_to_write_instead() -> None:
    with pytest.raises(
        BadTypeError, match=r"^spec: a string without a bound; say how long in Field\(max_length=\.\.\.\)$"
    ):
        schema_of(str, (), SPEC)
