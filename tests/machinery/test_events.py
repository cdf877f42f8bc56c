"""Which change of a status is an event for people, and what the event says."""

from typing import Any

import pytest
from machinery.clock import NOON
from machinery.test_plan import toy
from reconcile.toy import KIND
from support.world import World

from vireo.api.conditions import Finding, conditions, progress
from vireo.api.reasons import Reason
from vireo.reconcile.events import event

READY = progress(Finding(Reason.AS_SPECIFIED, "as the toy asks"))
STALLED = progress(None, stalled=Finding(Reason.FOREIGN_OBJECT, "a is not ours"))
REFUSED = progress(None, stalled=Finding(Reason.REFUSED, "too long"))
WORKING = progress(None, working=Finding(Reason.RECONCILING, "being made"))
NOTHING: dict[str, Any] = {}


def status(said: Any) -> dict[str, Any]:
    return {"conditions": [one.wire() for one in conditions((), said, 1, NOON)]}


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    return event(World((KIND,), NOON, toy()).observe(), before, after)


@pytest.mark.parametrize(
    ("before", "after", "type_", "reason"),
    [
        (NOTHING, status(READY), "Normal", "AsSpecified"),
        (status(WORKING), status(READY), "Normal", "AsSpecified"),
        (status(STALLED), status(READY), "Normal", "AsSpecified"),
        (NOTHING, status(STALLED), "Warning", "ForeignObject"),
        (status(READY), status(STALLED), "Warning", "ForeignObject"),
        (status(STALLED), status(REFUSED), "Warning", "Refused"),
    ],
)
def test_news_is_told(before: dict[str, Any], after: dict[str, Any], type_: str, reason: str) -> None:
    news = told(before, after)
    assert news is not None
    assert (news["type"], news["reason"]) == (type_, reason)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (status(READY), status(READY)),
        (status(STALLED), status(STALLED)),
        (NOTHING, status(WORKING)),
        (status(READY), status(WORKING)),
        (status(STALLED), status(WORKING)),
        (NOTHING, NOTHING),
    ],
)
def test_what_is_no_news_is_not(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told(before, after) is None


def test_an_event_names_the_object_and_carries_the_conditions_words() -> None:
    news = told(NOTHING, status(STALLED))
    assert news is not None
    assert news["note"] == "a is not ours"
    assert news["eventTime"] == "2026-01-01T12:00:00.000000Z"
    assert news["metadata"] == {"generateName": "a-", "namespace": "shop"}
    assert news["regarding"] == {
        "apiVersion": "vireo.dev/v1alpha1",
        "kind": "Toy",
        "name": "a",
        "namespace": "shop",
        "uid": "u-1",
    }


def test_an_event_of_a_cluster_scoped_object_lies_in_the_default_namespace() -> None:
    cluster_scoped = toy()
    del cluster_scoped["metadata"]["namespace"]
    news = event(World((KIND,), NOON, cluster_scoped).observe(), NOTHING, status(READY))
    assert news is not None
    assert news["metadata"]["namespace"] == "default"
    assert "namespace" not in news["regarding"]


def test_what_people_read_is_cut_to_what_the_api_server_takes() -> None:
    long = progress(None, stalled=Finding(Reason.REFUSED, "x" * 3000))
    news = told(NOTHING, status(long))
    assert news is not None
    assert len(news["note"]) == 1024
