"""What a schema demands, found by walking it, each with an object that breaks just that."""

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generate.schema import LIST_KEYS, NEVER, VALIDATIONS, Schema

Step = str | int
Path = tuple[Step, ...]
"""From the root of an object to a value; in a schema "[]" stands for any item of a list, "*" for any value of a map."""

ALL_ITEMS, ALL_VALUES = "[]", "*"


@dataclass(frozen=True)
class Constraint:
    """One demand of the schema at a path."""

    path: Path
    keyword: str
    bound: Any
    schema: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{text(self.path)} {self.keyword} {self.field}".strip()

    @property
    def field(self) -> str:
        """The field of the object at the path that it is about; nothing where it is about the value there."""
        return str(self.bound) if self.keyword in OF_FIELDS else ""


@dataclass(frozen=True)
class Broken:
    """An object that breaks one constraint, and what the API server must say of it."""

    value: Mapping[str, Any]
    field: str
    message: str


@dataclass(frozen=True)
class Breaker:
    """How to break a keyword: the wrong value from the bound and a good value, and the words of the refusal."""

    wrong: Callable[[Any, Any], Any]
    message: str


BREAKERS = {
    "maxLength": Breaker(lambda bound, _: "a" * (bound + 1), "may not be more than {} bytes"),
    "minLength": Breaker(lambda bound, _: "a" * (bound - 1), "should be at least {} chars long"),
    "pattern": Breaker(lambda bound, _: _unlike(bound), "should match '{}'"),
    "enum": Breaker(lambda _, __: "NoneOfThese", "supported values: "),
    "format": Breaker(lambda _, __: "yesterday", "must be of type {}"),
    "maximum": Breaker(lambda bound, _: bound + 1, "should be less than"),
    "minimum": Breaker(lambda bound, _: bound - 1, "should be greater than"),
    "maxItems": Breaker(lambda bound, good: [good[0]] * (bound + 1), "must have at most {} item"),
    "minItems": Breaker(lambda bound, good: good[: bound - 1], "should have at least {} items"),
    "maxProperties": Breaker(lambda bound, good: _entries(good, bound + 1), "must have at most {} items"),
    "minProperties": Breaker(
        lambda bound, good: dict(list(good.items())[: bound - 1]), "should have at least {} properties"
    ),
    "required": Breaker(lambda name, good: {key: good[key] for key in good if key != name}, "Required value"),
    LIST_KEYS: Breaker(lambda _, good: [*good, good[0]], "Duplicate value"),
    NEVER: Breaker(lambda refused, good: {**good, refused.name: refused.value}, "{0.words}"),
}
OF_FIELDS = {"required", NEVER}
"""What is demanded of an object, and reported at one of its fields."""
ANY_VALUE = {"array": [{}], "boolean": False, "integer": 1, "object": {"a": {}}, "string": "a"}


@dataclass(frozen=True)
class Refused:
    """A field that is never accepted, with the words of the refusal."""

    name: str
    value: Any
    words: str

    def __str__(self) -> str:
        return self.name


def constraints(schema: Schema, path: Path = ()) -> Iterator[Constraint]:
    """Each demand of the schema that a value can break."""
    for keyword in BREAKERS.keys() & schema.keys() - OF_FIELDS:
        yield Constraint(path, keyword, schema[keyword], schema)
    for name in schema.get("required", ()):
        yield Constraint(path, "required", name, schema)
    for name, field in schema.get("properties", {}).items():
        if _is_refused(field):
            refused = Refused(name, ANY_VALUE[field["type"]], field[VALIDATIONS][0]["message"])
            yield Constraint(path, NEVER, refused, schema)
    for step, below in _below(schema):
        yield from constraints(below, (*path, step))


def cel_rules(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Each CEL rule with the path of the value that is its `self`."""
    yield from ((path, rule) for rule in schema.get(VALIDATIONS, ()))
    for step, below in _below(schema):
        yield from cel_rules(below, (*path, step))


def fields(schema: Schema, path: Path = ()) -> Iterator[Path]:
    """The path of each field, item and map value."""
    for step, below in _below(schema):
        yield (*path, step)
        yield from fields(below, (*path, step))


def _below(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield from ((name, field) for name, field in schema.get("properties", {}).items() if not _is_refused(field))
    if "items" in schema:
        yield ALL_ITEMS, schema["items"]
    if "additionalProperties" in schema:
        yield ALL_VALUES, schema["additionalProperties"]


def _is_refused(field: Schema) -> bool:
    return any(rule["rule"] == NEVER for rule in field.get(VALIDATIONS, ()))


def located(value: Any, path: Path) -> Path | None:
    """The path of the first value in the object that is at this path of the schema."""
    if not path:
        return ()
    step, rest = path[0], path[1:]
    for here in _steps(value, step):
        below = located(value[here], rest)
        if below is not None:
            return (here, *below)
    return None


def _steps(value: Any, step: Step) -> Iterable[Step]:
    if step == ALL_ITEMS:
        return range(len(value)) if isinstance(value, list) else ()
    if not isinstance(value, Mapping):
        return ()
    return tuple(value) if step == ALL_VALUES else (step,) if step in value else ()


def broken(constraint: Constraint, valid: Iterable[Mapping[str, Any]]) -> Broken | None:
    """A valid object with the one value made wrong; None if no valid object has that value."""
    for one in valid:
        path = located(one, constraint.path)
        if path is not None:
            return _broken(constraint, one, path)
    return None


def _broken(constraint: Constraint, valid: Mapping[str, Any], path: Path) -> Broken:
    breaker, good = BREAKERS[constraint.keyword], value_at(valid, path)
    wrong = breaker.wrong(constraint.bound, good)
    return Broken(
        with_value(valid, path, wrong),
        text(_reported(constraint, good, path)),
        breaker.message.format(constraint.bound),
    )


def _reported(constraint: Constraint, good: Any, path: Path) -> Path:
    """The API server reports an absent field at its own path, a doubled item at the second."""
    if constraint.field:
        return (*path, constraint.field)
    return (*path, len(good)) if constraint.keyword == LIST_KEYS else path


def value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def with_value(value: Mapping[str, Any], path: Path, new: Any) -> Any:
    """A copy of the object with that value at the path; with no path, the value is the object."""
    if not path:
        return new
    changed = copy.deepcopy(dict(value))
    value_at(changed, path[:-1])[path[-1]] = new
    return changed


def text(path: Path) -> str:
    """A path as the API server writes it: spec.disks[0].name."""
    steps = "".join(
        f"[{step}]" if isinstance(step, int) else step if step == ALL_ITEMS else f".{step}" for step in path
    )
    return steps.removeprefix(".")


def same_place(field: str, path: Path) -> bool:
    """Whether the API server's field is at this path of the schema."""
    pattern = "".join(
        r"\[\d+\]" if step == ALL_ITEMS else r"\.[^.]+" if step == ALL_VALUES else rf"\.{step}" for step in path
    )
    return re.fullmatch(pattern, f".{field}") is not None


def _unlike(pattern: str) -> str:
    return next(word for word in ("!", "~a", " ", "") if not re.search(pattern, word))


def _entries(good: Mapping[str, Any], count: int) -> dict[str, Any]:
    return dict.fromkeys((f"key{number}" for number in range(count)), next(iter(good.values())))
