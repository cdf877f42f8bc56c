"""The cases that stand beside each other in tests/api/rules/KIND.yaml:

valid:      SENTENCE: {spec, status}: objects that the API server accepts; together they have every field of the kind
refused:    SENTENCE: {of, patch, field, message}: a new object that is refused
changes:    SENTENCE: {of, patch, field, message}: a change of a stored object; without field and message it is accepted

`of` is the sentence of a valid object (the first, if left out), `patch` a JSON merge patch of it: null removes, lists are
replaced. `field` is the path of the refusal and `message` the whole message of the rule. Bounds, patterns, enums and
required fields need no cases here: constraints.py makes them from the schema and the valid objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generate.crds import AnyKind
from vireo.kinds import KINDS

HERE = Path(__file__).parent / "rules"
NAME = "subject"


@dataclass(frozen=True)
class Case:
    """A patch of a valid object, and how it is refused; accepted if `field` is empty."""

    kind: AnyKind
    sentence: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    field: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.kind.singular}: {self.sentence}"


@dataclass(frozen=True)
class Rules:
    """The cases of one kind."""

    kind: AnyKind
    valid: tuple[Case, ...]
    refused: tuple[Case, ...]
    changes: tuple[Case, ...]


def read(kind: AnyKind) -> Rules:
    """The cases of the kind; a file that is not there has none, which test_complete.py does not let pass."""
    file = HERE / f"{kind.singular}.yaml"
    raw = yaml.load(file.read_text(), Loader=_Text) if file.exists() else {}
    valid = {sentence: _whole(kind, given) for sentence, given in raw.get("valid", {}).items()}
    return Rules(
        kind,
        tuple(Case(kind, sentence, one, one) for sentence, one in valid.items()),
        tuple(_case(kind, valid, sentence, given) for sentence, given in raw.get("refused", {}).items()),
        tuple(_case(kind, valid, sentence, given) for sentence, given in raw.get("changes", {}).items()),
    )


def _whole(kind: AnyKind, given: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"name": kind.singleton or NAME}
    return {"apiVersion": kind.resource.api_version, "kind": kind.resource.kind, "metadata": meta, **given}


def _case(kind: AnyKind, valid: Mapping[str, Any], sentence: str, given: Mapping[str, Any]) -> Case:
    before = valid[given.get("of", next(iter(valid)))]
    after = merged(before, given["patch"])
    return Case(kind, sentence, before, after, given.get("field", ""), given.get("message", ""))


def merged(target: Any, patch: Any) -> Any:
    """The target with a JSON merge patch (RFC 7386) on it."""
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merged(kept.get(name), value)
    return kept


class _Text(yaml.SafeLoader):
    """YAML as JSON has it: a time stays text."""


_Text.yaml_implicit_resolvers = {
    first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

RULES = tuple(read(kind) for kind in KINDS)
