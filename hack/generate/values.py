"""docs/reference/values.md: what can be set when Vireo is installed, from the chart's schema and its values."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from generate.manifests import CHART
from generate.references import HEADER, table

PAGE: Final = "docs/reference/values.md"

Schema = Mapping[str, Any]


class Value(NamedTuple):
    """`default` as the chart has it; None where it has none. `parts`: whether it consists of other values."""

    path: str
    default: Any
    description: str
    parts: bool


def files(project: Path) -> dict[str, str]:
    """The text of the page by its path in the project."""
    rows = [(f"`{one.path}`", _default(one), one.description) for one in values(project) if one.path != "global"]
    lines = [
        HEADER.format(source=f"{CHART}/values.schema.json and {CHART}/values.yaml"),
        "# Values of the chart",
        "",
        f"`helm show values {CHART}` shows them with the same words. What is none of these, or can not be meant, helm refuses by its name.",
        "",
        *table(("Value", "Default", "Meaning"), rows),
        "",
    ]
    return {PAGE: "\n".join(lines)}


def values(project: Path) -> Iterator[Value]:
    """Every value of the chart, those that hold others among them, in the order of its schema."""
    schema = json.loads((project / CHART / "values.schema.json").read_text())
    yield from _below("", schema, yaml.safe_load((project / CHART / "values.yaml").read_text()), schema["$defs"])


def _below(path: str, schema: Schema, defaults: Mapping[str, Any], shared: Mapping[str, Schema]) -> Iterator[Value]:
    for name, own in schema.get("properties", {}).items():
        field = {**shared[own["$ref"].rpartition("/")[2]], **own} if "$ref" in own else own
        default = defaults.get(name)
        yield Value(f"{path}{name}", default, field.get("description", ""), "properties" in field)
        yield from _below(f"{path}{name}.", field, default or {}, shared)


def _default(one: Value) -> str:
    """Of what consists of others, theirs say it."""
    if one.default is None or (one.parts and one.default):
        return ""
    return f"`{one.default if isinstance(one.default, str) and one.default else json.dumps(one.default)}`"
