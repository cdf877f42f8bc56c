"""Mistakes in the places on which all rests: each is put in here, and found."""

from dataclasses import replace
from typing import Any

import pytest
from crash.disturbed import assert_same_end
from crash.scenario import Scenario
from kinds.test_cases import HERE, load

from vireo.api.names import ANNOTATION_ADOPT
from vireo.api.objects import Child, Live
from vireo.api.reconcile import Call, Outcome, Step
from vireo.kinds import KINDS
from vireo.kinds.operation import desired as operation
from vireo.kinds.operation.checks import judge
from vireo.kinds.operation.course import Course
from vireo.kinds.operation.target import Operation
from vireo.kinds.virtualdisk import desired as disk
from vireo.kinds.virtualdisk.series import Disk, Series
from vireo.kube.client import Client
from vireo.reconcile.gate import Gate
from vireo.reconcile.plan import footprint

pytestmark = pytest.mark.api


def case(name: str) -> Scenario:
    return Scenario(KINDS, load(next(HERE.glob(f"*/cases/{name}")) / "given.yaml"))


async def test_a_gate_that_remembers_what_it_has_not_done_yet(still: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Gate._apply

    async def too_soon(gate: Gate, step: Step, child: Child, live: Live[Any]) -> Outcome:
        gate._store.applied[child.key] = (child.digest, footprint(child, live))
        return await apply(gate, step, child, live)

    monkeypatch.setattr(Gate, "_apply", too_soon)
    with pytest.raises(AssertionError, match="it was lost on its way: PATCH"):
        await assert_same_end(still, case("a machine that is to stop is told to"))


async def test_a_series_that_forgets_the_request_before_it_has_taken_the_claim(
    still: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = disk._calls

    def in_two_writes(one: Disk, found: Series) -> tuple[Call, ...]:
        if found.adoptable is None:
            return calls(one, found)
        forgotten = {"metadata": {"annotations": {ANNOTATION_ADOPT: None}}}
        return disk._patch("Forget", found.adoptable, forgotten), *calls(one, found)

    monkeypatch.setattr(disk, "_calls", in_two_writes)
    with pytest.raises(AssertionError, match="killed after it: PATCH"):
        await assert_same_end(still, case("data that an earlier disk left is taken when a person asks"))


async def test_an_operation_that_acts_before_it_has_written_down_on_what(
    still: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rash(one: Operation) -> Course:
        found = judge(one)
        if found.begins is None:
            return found
        return judge(replace(one, status=one.status.model_copy(update={"acted": found.begins})))

    monkeypatch.setattr(operation, "judge", rash)
    with pytest.raises(AssertionError, match="killed after it"):
        await assert_same_end(still, case("a restart is decided before anything is done"))
