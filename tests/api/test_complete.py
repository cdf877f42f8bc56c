"""No rule goes untested: every field is in a valid object, every CEL rule has a case that it refuses."""

from collections.abc import Mapping
from typing import Any

import pytest
from api.constraints import Path, cel_rules, fields, located, same_place, text
from api.rules import RULES, Case, Rules

from generate.crds import object_schema

each_kind = pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.kind.singular)


@each_kind
def test_valid_objects_have_every_field_so_that_each_bound_is_accepted_once_and_broken_once(rules: Rules) -> None:
    objects = [case.after for case in rules.valid]
    wanted = [path for path in fields(object_schema(rules.kind)) if path[0] in ("spec", "status")]
    missing = [text(path) for path in wanted if not any(located(one, path) for one in objects)]
    assert missing == [], f"add them to a valid object in tests/api/rules/{rules.kind.singular}.yaml"


@each_kind
def test_each_cel_rule_refuses_a_case_with_its_message_at_its_path(rules: Rules) -> None:
    untested = [
        f"{text(path)}: {rule['message']}"
        for path, rule in cel_rules(object_schema(rules.kind))
        if not any(_refused_by(rule, path, case) for case in (*rules.refused, *rules.changes))
    ]
    assert untested == [], f"add a refused case to tests/api/rules/{rules.kind.singular}.yaml"


@each_kind
def test_each_cel_rule_is_asked_of_an_accepted_case(rules: Rules) -> None:
    untested = [
        f"{text(path)}: {rule['message']}"
        for path, rule in cel_rules(object_schema(rules.kind))
        if not any(_asked(rule, path, case) for case in _accepted(rules, rule))
    ]
    assert untested == [], f"add an accepted case to tests/api/rules/{rules.kind.singular}.yaml"


def _refused_by(rule: Mapping[str, Any], path: Path, case: Case) -> bool:
    reported = (*path, *rule.get("fieldPath", "").split(".")[1:])
    named = "messageExpression" in rule  # then the names come behind it
    said = case.message.startswith(f"{rule['message']}: ") if named else case.message == rule["message"]
    return said and same_place(case.field, reported)


def _accepted(rules: Rules, rule: Mapping[str, Any]) -> tuple[Case, ...]:
    return tuple(case for case in rules.changes if not case.field) if _of_change(rule) else rules.valid


def _asked(rule: Mapping[str, Any], path: Path, case: Case) -> bool:
    """A rule is asked where its value is; one that reads oldSelf where the value was before, too."""
    return located(case.after, path) is not None and (not _of_change(rule) or located(case.before, path) is not None)


def _of_change(rule: Mapping[str, Any]) -> bool:
    return "oldSelf" in rule["rule"]
