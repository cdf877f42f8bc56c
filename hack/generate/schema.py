"""Structural schemas from pydantic models.

Pydantic's own JSON schema is not structural ($ref, anyOf with null, const, additionalProperties beside properties), so the
structure is walked here, type by type, and only the bounds of a single value are asked of pydantic. What can not be said in a
structural schema, or what a person could get wrong unnoticed, is refused with its path: a field without a description, a
string, list or map without a bound, a default inside an atomic list, a word that YAML reads as something else.
"""

import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, TypeAdapter, WithJsonSchema
from pydantic.fields import FieldInfo

from vireo.api.schema import ListMap, OpenModel, Refused, Rule

Schema = dict[str, Any]
Marks = tuple[Any, ...]
Mark = TypeVar("Mark")

VALIDATIONS = "x-kubernetes-validations"
LIST_TYPE = "x-kubernetes-list-type"
LIST_KEYS = "x-kubernetes-list-map-keys"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
NEVER = "false"
"""The rule of a field that is never accepted."""

SCALARS = {"string", "integer", "number", "boolean"}
BOUNDS = {
    "maxLength",
    "minLength",
    "pattern",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
}
FORMATS = {"date-time"}
SAID_ELSEWHERE = {"title", "description"}


class BadTypeError(ValueError):
    """A type that can not become a CRD: where, what is wrong with it, and what to write instead."""

    def __init__(self, path: str, what: str, advice: str) -> None:
        super().__init__(f"{path}: {what}; {advice}")


@dataclass(frozen=True)
class Place:
    """Where a type stands in the object."""

    path: str
    by_people: bool = True
    """People write it (a spec), so words are checked against YAML and defaults are filled in; a status is written whole."""
    atomic: bool = False
    """Inside an atomic list, which server-side apply owns as one value."""
    inside: tuple[type[BaseModel], ...] = ()
    """The models around it, outermost first."""

    def below(self, name: str, *, atomic: bool = False) -> "Place":
        return replace(self, path=self.path + name, atomic=self.atomic or atomic)

    def within(self, model: type[BaseModel]) -> "Place":
        if model in self.inside:
            raise BadTypeError(self.path, f"{model.__name__} contains itself", "a structural schema must have an end")
        return replace(self, inside=(*self.inside, model))


def schema_of(hint: Any, marks: Marks, place: Place) -> Schema:
    """The structural schema of a type with what stands beside it in Annotated. Raises BadTypeError."""
    hint, marks = _unwrapped(hint, marks)
    schema = _structure(hint, marks, place)
    if rules := [validation(rule, schema, place) for rule in _all(Rule, marks)]:
        schema[VALIDATIONS] = rules
    return schema


def _unwrapped(hint: Any, marks: Marks) -> tuple[Any, Marks]:
    """The type without Annotated and `| None`: an absent field is no null in a structural schema."""
    if get_origin(hint) is Annotated:
        inner, *beside = get_args(hint)
        return _unwrapped(inner, (*beside, *marks))
    if _is_union(hint):
        members = [member for member in get_args(hint) if member is not types.NoneType]
        if len(members) == 1:
            return _unwrapped(members[0], marks)
    return hint, marks


def _structure(hint: Any, marks: Marks, place: Place) -> Schema:
    if refused := _all(Refused, marks):
        return _refused(refused[0])
    if _all(WithJsonSchema, marks):
        return _scalar(hint, marks, place)
    if _is_union(hint):
        return _int_or_string(hint, place)
    if get_origin(hint) in (tuple, list):
        return _list(hint, marks, place)
    if get_origin(hint) is dict:
        return _map(hint, marks, place)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _object(hint, place)
    return _scalar(hint, marks, place)


def _refused(mark: Refused) -> Schema:
    items: Schema = {LIST_TYPE: "atomic", "items": {"type": "object", PRESERVE: True}}
    inside: dict[str, Schema] = {"object": {PRESERVE: True}, "array": items}
    return {"type": mark.type, **inside.get(mark.type, {}), VALIDATIONS: [{"rule": NEVER, "message": mark.message}]}


def _object(model: type[BaseModel], place: Place) -> Schema:
    place = place.within(model)
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    schema: Schema = {"type": "object", **({PRESERVE: True} if issubclass(model, OpenModel) else {})}
    if required := [name for name, info in fields.items() if info.is_required()]:
        schema["required"] = required
    if fields:
        schema["properties"] = {name: _field(info, place.below(f".{name}")) for name, info in fields.items()}
    return schema


def _field(info: FieldInfo, place: Place) -> Schema:
    if not info.description:
        raise BadTypeError(place.path, "no description", "say what it is in Field(description=...)")
    schema = schema_of(info.annotation, tuple(info.metadata), place)
    default = _default(info, place) if place.by_people else None
    return {
        "description": " ".join(cleandoc(info.description).split()),
        **({} if default is None else {"default": default}),
        **schema,
    }


def _default(info: FieldInfo, place: Place) -> Any:
    """The default as the API server should fill it in; None where the default is what absence means anyway.

    Of an object only what differs from its own fields' defaults is said, so that each default stands once.
    """
    if info.is_required():
        return None
    adapter = _adapter(info.annotation, tuple(info.metadata))
    value = adapter.validate_python(info.get_default(call_default_factory=True, validated_data={}))
    if value is None or value in ("", (), [], {}):
        return None
    if place.atomic:
        raise BadTypeError(
            place.path,
            f"the default {value!r} stands inside an atomic list",
            "make the list a ListMap, or drop the default",
        )
    return adapter.dump_python(value, mode="json", by_alias=True, exclude_defaults=True)


def _list(hint: Any, marks: Marks, place: Place) -> Schema:
    item, *rest = get_args(hint)
    if rest not in ([], [...]):
        raise BadTypeError(place.path, f"{hint} is a tuple of fixed length", "use tuple[X, ...] or an object")
    keys = next((mark.keys for mark in _all(ListMap, marks)), ())
    items = schema_of(item, (), place.below("[]", atomic=not keys))
    _check_keys(keys, items, place)
    return {
        "type": "array",
        **_size("Items", list[Any], marks, place),
        LIST_TYPE: "map" if keys else "atomic",
        **({LIST_KEYS: list(keys)} if keys else {}),
        "items": items,
    }


def _check_keys(keys: tuple[str, ...], items: Schema, place: Place) -> None:
    for key in keys:
        field = items.get("properties", {}).get(key, {})
        if field.get("type") not in SCALARS or not (key in items.get("required", ()) or "default" in field):
            raise BadTypeError(
                place.path, f"its items have no key {key!r}", "a key is a scalar field, required or with a default"
            )


def _map(hint: Any, marks: Marks, place: Place) -> Schema:
    key, value = get_args(hint)
    if _unwrapped(key, ())[0] is not str:
        raise BadTypeError(place.path, f"{hint} has keys that are no strings", "use dict[str, X]")
    return {
        "type": "object",
        **_size("Properties", dict[str, Any], marks, place),
        "additionalProperties": schema_of(value, (), place.below(".*")),
    }


def _size(what: Literal["Items", "Properties"], hint: Any, marks: Marks, place: Place) -> Schema:
    said = _json_schema(hint, marks)
    size = {key: said[key] for key in (f"min{what}", f"max{what}") if key in said}
    if f"max{what}" not in size:
        raise BadTypeError(place.path, "a list or map without a bound", "say how many in Field(max_length=...)")
    return size


def _int_or_string(hint: Any, place: Place) -> Schema:
    """The bounds stand at the text: pydantic can not ask how long a number is."""
    members = dict(_unwrapped(member, ()) for member in get_args(hint) if member is not types.NoneType)
    if set(members) != {int, str}:
        raise BadTypeError(place.path, f"{hint} is a union", "only X | None and int | str can be said in a CRD")
    text = _scalar(str, members[str], place)
    del text["type"]
    return {"anyOf": [{"type": "integer"}, {"type": "string"}], INT_OR_STRING: True, **text}


def _scalar(hint: Any, marks: Marks, place: Place) -> Schema:
    said = {key: value for key, value in _json_schema(hint, marks).items() if key not in SAID_ELSEWHERE}
    if "const" in said:
        said["enum"] = [said.pop("const")]
    if said.get("type") not in SCALARS or set(said) - BOUNDS - {"type", "format", "enum"}:
        raise BadTypeError(place.path, f"{hint} can not be said in a CRD", "use a scalar, tuple, dict or Model")
    if said.get("format", "date-time") not in FORMATS:
        raise BadTypeError(place.path, f"the API server does not check format {said['format']}", "use a pattern")
    _check_bound(said, place)
    if place.by_people:
        _check_words(said.get("enum", ()), place)
    return _inclusive(said)


def _check_bound(said: Schema, place: Place) -> None:
    if said["type"] == "string" and not said.keys() & {"maxLength", "enum", "format"}:
        raise BadTypeError(place.path, "a string without a bound", "say how long in Field(max_length=...)")


def _check_words(words: Any, place: Place) -> None:
    for word in words:
        if yaml.safe_load(str(word)) != word or str(word).lower() in ("y", "n"):
            raise BadTypeError(place.path, f"YAML reads {word} as something else than a word", "choose another word")


def _inclusive(said: Schema) -> Schema:
    """JSON Schema's exclusive bounds are numbers; OpenAPI 3.0's are flags beside the bound, and a whole number needs none."""
    schema = dict(said)
    for exclusive, inclusive, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        if exclusive in said:
            whole = said["type"] == "integer"
            schema[inclusive] = said[exclusive] + (step if whole else 0)
            del schema[exclusive]
            schema |= {} if whole else {exclusive: True}
    return schema


def _json_schema(hint: Any, marks: Marks) -> Schema:
    return _adapter(hint, marks).json_schema()


def _adapter(hint: Any, marks: Marks) -> TypeAdapter[Any]:
    annotated: Any = Annotated[hint, *marks] if marks else hint
    return TypeAdapter(annotated)


def validation(rule: Rule, schema: Schema, place: Place) -> Schema:
    """A CEL rule as the schema where it stands has it. Raises BadTypeError where it reports at a field that is not there."""
    path = rule.path.removeprefix(".")
    if path and at(schema, path) is None:
        raise BadTypeError(place.path, f"a rule reports at {path}, which is no field of it", "name a field below it")
    return {
        "rule": rule.expression,
        "message": rule.message,
        **({"messageExpression": f"{_cel_text(f'{rule.message}: ')} + {rule.named}"} if rule.named else {}),
        **({"fieldPath": f".{path}"} if path else {}),
        **({"optionalOldSelf": True} if rule.optional_old_self else {}),
    }


def _cel_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def at(schema: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The schema of the field a.b below; None where there is none."""
    found: Mapping[str, Any] | None = schema
    for name in path.split("."):
        found = found.get("properties", {}).get(name) if found else None
    return found


def _all(mark: type[Mark], marks: Marks) -> list[Mark]:
    return [one for one in marks if isinstance(one, mark)]


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)
