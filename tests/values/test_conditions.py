"""Conditions: when they changed, and the trio of kstatus."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.conditions import Condition, Finding, Said, condition, conditions, fails, holds, progress
from vireo.api.reasons import Reason

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
WHOLE = NOON.replace(microsecond=0)
LATER = NOON + timedelta(hours=1)

FINDINGS = st.builds(Finding, st.sampled_from(Reason), st.text(max_size=5))
SAID = st.lists(
    st.builds(Said, st.sampled_from("ABC"), st.sampled_from([True, False, None]), FINDINGS),
    unique_by=lambda one: one.type,
)
BAD, GOOD = Finding(Reason.REFUSED, "no"), Finding(Reason.AS_SPECIFIED, "yes")


def said_once(*said: Said, now: datetime = NOON) -> tuple[Condition, ...]:
    return conditions((), said, 1, now)


def test_a_new_condition_changed_now_to_the_second() -> None:
    assert said_once(holds("Ready", GOOD))[0].last_transition_time == WHOLE


def test_another_reason_or_message_is_no_transition() -> None:
    before = said_once(fails("Ready", BAD))
    after = conditions(before, [fails("Ready", Finding(Reason.API_ERROR, "away"))], 2, LATER)
    assert after[0].last_transition_time == WHOLE
    assert (after[0].reason, after[0].message, after[0].observed_generation) == ("ApiError", "away", 2)


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (None, True), (True, None)])
def test_another_status_is_a_transition(before: bool | None, after: bool | None) -> None:
    earlier = said_once(Said("Ready", before, GOOD))
    later = conditions(earlier, [Said("Ready", after, GOOD)], 1, LATER)
    assert later[0].last_transition_time == LATER.replace(microsecond=0)


@given(SAID, SAID)
def test_exactly_what_is_said_is_there_sorted_by_type(earlier: list[Said], later: list[Said]) -> None:
    result = conditions(conditions((), earlier, 1, NOON), later, 2, LATER)
    assert [one.type for one in result] == sorted(one.type for one in later)


@given(SAID, st.integers(0, 10**6))
def test_the_same_said_again_changes_nothing(said: list[Said], seconds: int) -> None:
    once = conditions((), said, 1, NOON)
    assert conditions(once, reversed(said), 1, NOON + timedelta(seconds=seconds)) == once


@given(SAID, SAID)
def test_a_transition_time_is_kept_if_and_only_if_the_status_is(earlier: list[Said], later: list[Said]) -> None:
    before = conditions((), earlier, 1, NOON)
    for after in conditions(before, later, 2, LATER):
        old = condition(before, after.type)
        same = old is not None and old.status == after.status
        assert (after.last_transition_time == WHOLE) == same


def test_a_message_is_cut_to_what_the_schema_allows() -> None:
    assert len(said_once(fails("Ready", Finding(Reason.REFUSED, "x" * 5000)))[0].message) == 4096


def trio(*said: Said) -> dict[str, tuple[bool | None, str]]:
    return {one.type: (one.status, one.finding.message) for one in said}


def test_ready_is_said_alone() -> None:
    assert trio(*progress(GOOD)) == {"Ready": (True, "yes")}


def test_who_works_is_not_ready_and_reconciling() -> None:
    assert trio(*progress(GOOD, working=BAD)) == {"Ready": (False, "no"), "Reconciling": (True, "no")}


def test_who_is_stalled_is_neither_ready_nor_reconciling() -> None:
    assert trio(*progress(GOOD, GOOD, stalled=BAD)) == {"Ready": (False, "no"), "Stalled": (True, "no")}


def test_a_status_without_a_cause_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a cause"):
        progress(None)
