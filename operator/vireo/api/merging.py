"""How a part of another API's object that a user writes is merged into what Vireo makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

KEY: Final = "name"

Object = Mapping[str, Any]


def merged(target: Any, over: Any) -> Any:
    """The target with the other on it, as `kubectl patch` does it to a pod: objects field by field, lists of named items by name (new
    ones behind), all else as a whole. A null takes a field out (RFC 7386), and is nowhere in the result.
    """
    if isinstance(over, Mapping):
        return _merged_objects(target if isinstance(target, Mapping) else {}, over)
    if isinstance(over, list):
        return _merged_by_name(target if _is_named(target) else [], over) if _is_named(over) else _without_nulls(over)
    return over


def _merged_objects(target: Object, over: Object) -> dict[str, Any]:
    changed = {name: merged(target.get(name), value) for name, value in over.items()}
    return {name: value for name, value in {**target, **changed}.items() if name not in over or value is not None}


def _merged_by_name(target: Sequence[Object], over: Sequence[Object]) -> list[Any]:
    changed = {item[KEY]: item for item in over}
    known = [merged(item, changed.pop(item[KEY], {})) for item in target]
    return [*known, *_without_nulls(changed.values())]


def _without_nulls(items: Iterable[Any]) -> list[Any]:
    return [merged(None, item) for item in items]


def _is_named(value: Any) -> bool:
    """Whether it is a list of objects that each have a name of their own there."""
    names = [_name(item) for item in value] if isinstance(value, list) else [None]
    return None not in names and len(set(names)) == len(names)


def _name(item: Any) -> str | None:
    name = item.get(KEY) if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else None
