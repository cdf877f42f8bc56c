"""Every rule of every kind, asked of the real API server: seen accepted once and refused once."""

import pytest
from api.conftest import Object, Stored
from api.constraints import Constraint, broken, constraints
from api.rules import RULES, Case
from api.server import Answer, Server

from generate.crds import AnyKind, object_schema

pytestmark = pytest.mark.api

VALID = [case for rules in RULES for case in rules.valid]
REFUSED = [case for rules in RULES for case in rules.refused]
CHANGES = [case for rules in RULES for case in rules.changes]
BOUNDS = [
    (rules.kind, constraint)
    for rules in RULES
    for constraint in sorted(constraints(object_schema(rules.kind)), key=str)
]


def create(server: Server, namespace: str, kind: AnyKind, given: Object) -> Answer:
    return server.ask("POST", kind.resource.path(namespace), given, dryRun="All")


@pytest.mark.parametrize("case", VALID, ids=str)
def test_accepted_without_a_warning(server: Server, namespace: str, case: Case) -> None:
    answer = create(server, namespace, case.kind, case.after)
    assert (answer.code, answer.warnings) == (201, ()), answer


@pytest.mark.parametrize("case", VALID, ids=str)
def test_the_api_server_fills_in_the_defaults_that_the_types_have(server: Server, namespace: str, case: Case) -> None:
    answer = create(server, namespace, case.kind, case.after)
    read = case.kind.spec.model_validate
    assert read(answer.body.get("spec", {})) == read(case.after.get("spec", {}))


@pytest.mark.parametrize("case", [case for case in VALID if "status" in case.after], ids=str)
def test_a_status_is_stored_as_it_was_written(stored: Stored, case: Case) -> None:
    with stored(case.kind, case.after) as made:
        assert made["status"] == case.after["status"]
        assert case.kind.status.model_validate(made["status"]).wire() == case.after["status"]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refused(server: Server, namespace: str, case: Case) -> None:
    assert_refused(create(server, namespace, case.kind, case.after), case.field, case.message)


@pytest.mark.parametrize("case", CHANGES, ids=str)
def test_change(server: Server, namespace: str, stored: Stored, case: Case) -> None:
    with stored(case.kind, case.before) as made:
        path = case.kind.resource.path(namespace, made["metadata"]["name"])
        answer = server.ask("PUT", path, {**case.after, "metadata": made["metadata"]}, dryRun="All")
    if case.field:
        assert_refused(answer, case.field, case.message)
    else:
        assert answer.code == 200, answer


@pytest.mark.parametrize(("kind", "constraint"), BOUNDS, ids=lambda one: getattr(one, "singular", str(one)))
def test_bound(server: Server, namespace: str, stored: Stored, kind: AnyKind, constraint: Constraint) -> None:
    wrong = broken(constraint, [case.after for case in VALID if case.kind is kind])
    assert wrong, f"no valid object of {kind.singular} has {constraint}"
    if constraint.path[:1] != ("status",):
        answer = create(server, namespace, kind, wrong.value)
    else:
        with stored(kind, {key: value for key, value in wrong.value.items() if key != "status"}) as made:
            path = kind.resource.path(namespace, made["metadata"]["name"], "status")
            answer = server.ask("PUT", path, {**made, "status": wrong.value["status"]}, dryRun="All")
    assert_refused(answer, wrong.field, wrong.message)


def assert_refused(answer: Answer, field: str, message: str) -> None:
    assert answer.code == 422, answer
    assert any(cause.field == field and message in cause.message for cause in answer.causes), answer
