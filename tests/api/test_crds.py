"""The generated CRDs at a real API server: taken without a warning, and what kubectl makes of them."""

from collections.abc import Mapping

import pytest
from api.conftest import CRDS
from api.rules import RULES, Rules
from api.server import Answer, Server

from vireo.kinds import KINDS

pytestmark = pytest.mark.api

each_kind = pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.kind.singular)


def test_each_kind_has_a_crd_and_none_is_of_a_kind_that_is_gone(applied: Mapping[str, Answer]) -> None:
    assert sorted(applied) == sorted(str(kind.resource) for kind in KINDS)


@each_kind
def test_taken_without_a_warning(applied: Mapping[str, Answer], rules: Rules) -> None:
    answer = applied[str(rules.kind.resource)]
    assert answer.code in (200, 201), answer
    assert answer.warnings == ()


@each_kind
def test_established_and_structural(server: Server, rules: Rules) -> None:
    crd = server.must("GET", f"{CRDS}/{rules.kind.resource}").body
    conditions = {one["type"]: one["status"] for one in crd["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions
