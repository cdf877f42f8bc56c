"""What a person sees of the kinds in kubectl: columns, short names, the category."""

import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from api.conftest import Stored
from api.rules import RULES, Rules
from api.server import Server

from vireo.api.kind import Column
from vireo.api.names import CATEGORY

pytestmark = pytest.mark.api

Kubectl = Callable[..., str]

each_kind = pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.kind.singular)


@pytest.fixture
def kubectl(control_plane: str, server: Server, namespace: str, tmp_path: Path) -> Kubectl:  # noqa: ARG001 - CRDs first
    """Runs the cloud's kubectl in the tests' namespace, with nothing remembered of other clusters."""
    paths = f"{Path(control_plane).parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": paths, "KUBECONFIG": control_plane, "KUBECACHEDIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        command = ["kubectl", "--namespace", namespace, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    return run


@each_kind
def test_get_shows_the_columns_and_wide_shows_all(kubectl: Kubectl, stored: Stored, rules: Rules) -> None:
    columns = rules.kind.columns
    with stored(rules.kind, rules.valid[0].after):
        assert _heads(kubectl("get", str(rules.kind.resource))) == _named([one for one in columns if not one.wide])
        assert _heads(kubectl("get", str(rules.kind.resource), "--output=wide")) == _named(columns)


@each_kind
def test_each_column_shows_something_of_an_object_that_has_it(kubectl: Kubectl, stored: Stored, rules: Rules) -> None:
    shown: set[str] = set()
    for case in rules.valid:
        with stored(rules.kind, case.after):
            shown |= _filled(kubectl("get", str(rules.kind.resource), "--output=wide"))
    assert shown == set(_named(rules.kind.columns))


@each_kind
def test_short_names_answer(kubectl: Kubectl, stored: Stored, rules: Rules) -> None:
    with stored(rules.kind, rules.valid[0].after) as made:
        for name in (rules.kind.singular + ".vireo.dev", *rules.kind.short_names):
            found = kubectl("get", name, "--output=name").split()
            assert found == [f"{rules.kind.singular}.vireo.dev/{made['metadata']['name']}"], name


def test_the_category_lists_every_kind(kubectl: Kubectl, stored: Stored) -> None:
    with ExitStack() as stack:
        for rules in RULES:
            stack.enter_context(stored(rules.kind, rules.valid[0].after))
        found = kubectl("get", CATEGORY, "--all-namespaces", "--output=name").split()
    assert {name.split(".")[0] for name in found} == {rules.kind.singular for rules in RULES}


@each_kind
def test_explain_says_what_the_kind_and_its_fields_are(kubectl: Kubectl, rules: Rules) -> None:
    said = " ".join(kubectl("explain", str(rules.kind.resource)).split())
    assert " ".join(rules.kind.description.split()) in said


def _named(columns: tuple[Column, ...] | list[Column]) -> list[str]:
    return ["NAME", *(column.name.upper() for column in columns)]


def _heads(table: str) -> list[str]:
    return table.splitlines()[0].split()


def _filled(table: str) -> set[str]:
    """The heads of the columns that have a value; a column begins where its head does."""
    head, row = table.splitlines()[:2]
    names = head.split()
    starts = [head.index(name) for name in names]
    ends = [*starts[1:], len(row)]
    cells = [row[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return {name for name, cell in zip(names, cells, strict=True) if cell not in ("", "<none>")}
