"""Wherever an operator is killed, and whichever answer is lost: what comes of it is what comes of an undisturbed run.

For the cases of every kind in KINDS, against a real API server in whose cluster nothing happens by itself. A kind is covered by being
listed and having cases. `make test` takes one case of each sequence of writes, `make proof` all of them. What real controllers make of
it is seen in tests/cloud/test_crash.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from crash.disturbed import assert_same_end
from crash.scenario import Scenario, UnstorableError
from kinds.test_cases import CASES, load
from kinds.test_plans import world

from vireo.api.reconcile import Apply, Call, Create, Delete, SetFinalizer, Step
from vireo.kinds import KINDS
from vireo.kube.client import Client

pytestmark = pytest.mark.api

COMPARES: Final = "virt-controller says anew, after each change, what it has compared"
LOOKS: Final = "Kubernetes says anew, after each change, what it has looked at; until then what was attached stays so"
NEEDS_OTHERS: Final = {
    "a disk that is no longer named is held until Kubernetes has looked at the newest spec": LOOKS,
    "ports that are no longer named are held until Kubernetes has looked at the newest spec": LOOKS,
    "an instance that never ran is given up when the spec changes": COMPARES,
    "an instance that was given up is deleted": COMPARES,
    "a machine that fails again keeps its words": "the words are kept in the message alone: one that comes between loses them",
}


def sequence(folder: Path) -> tuple[Any, ...]:
    """What the case's plan writes, in order: to what, and how."""
    return folder.parent.parent.name, *(_form(step) for step in world(folder).steps())


def _form(step: Step) -> tuple[Any, ...]:
    match step:
        case Create(child=child) | Apply(child=child):
            return type(step), child.resource
        case Delete(live=live):
            return Delete, live.resource
        case Call(name=name):
            return Call, name
        case SetFinalizer(present=present):
            return SetFinalizer, present


def scenarios() -> Iterator[Any]:
    """All cases; those whose sequence of writes another has too are for the long run."""
    seen = set()
    for folder in CASES:
        writes = sequence(folder)
        marks = [pytest.mark.proof] if writes in seen else []
        seen.add(writes)
        if folder.name in NEEDS_OTHERS:
            marks.append(pytest.mark.xfail(reason=NEEDS_OTHERS[folder.name], strict=True))
        yield pytest.param(folder, marks=marks, id=f"{folder.parent.parent.name}: {folder.name}")


@pytest.mark.parametrize("folder", list(scenarios()))
async def test_it_has_the_same_end_wherever_the_operator_is_killed(still: Client, folder: Path) -> None:
    try:
        await assert_same_end(still, Scenario(KINDS, load(folder / "given.yaml")))
    except UnstorableError as error:
        pytest.skip(f"the API server lets no such object in: {error}")


def test_every_kind_has_cases() -> None:
    assert {folder.parent.parent.name for folder in CASES} == {kind.resource.kind.lower() for kind in KINDS}
