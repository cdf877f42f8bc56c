"""An operation as it is asked for, and the lines that follow it."""

import json
from typing import Any

import msgspec
import pytest
from plugin.objects import Object, condition

from vireo.api.decode import decode_own
from vireo.kinds.operation.kind import KIND
from vireo.plugin.shown.operation import Followed, calling_back, operation, progress
from vireo.plugin.shown.style import Style


def followed(*conditions: Object, **status: Any) -> Followed:
    meta = {"name": "restart-a-x7k2p", "namespace": "shop"}
    return msgspec.convert({"metadata": meta, "status": {"conditions": conditions, **status}}, type=Followed)


@pytest.mark.parametrize(
    "wish",
    [
        operation("a", "Restart"),
        operation("a", "Migrate", {"host": "node-2"}),
        operation("a", "Migrate", {"awayFrom": "node-1"}),
        operation("a", "Migrate", dry_run=True),
    ],
)
def test_what_is_asked_for_is_an_operation_of_the_kind(wish: dict[str, Any]) -> None:
    stored = {**wish, "metadata": {**wish["metadata"], "name": "made", "namespace": "shop"}}
    live = decode_own(KIND, json.dumps(stored).encode())
    assert live.view.invalid == ""
    assert live.view.spec.wire()["target"] == {"kind": "VirtualMachine", "name": "a"}


def test_the_api_server_makes_the_name_and_its_beginning_says_what_is_done_to_what() -> None:
    assert operation("web-1", "Migrate")["metadata"] == {"generateName": "migrate-web-1-"}


def test_what_did_nothing_is_not_kept_for_long() -> None:
    assert operation("a", "Migrate", dry_run=True)["spec"]["ttlAfterFinished"] == "10m"
    assert "ttlAfterFinished" not in operation("a", "Migrate")["spec"]


def test_while_it_goes_on_its_reason_and_message_are_told() -> None:
    goes_on = followed(condition("Complete", "False", "Restarting", "a is told to stop."))
    assert progress(goes_on, Style()) == "Restarting: a is told to stop."
    assert not goes_on.status.finished


def test_at_its_end_it_is_told_how_long_it_took() -> None:
    done = followed(condition("Complete", "True", "Completed", "a was started."), lasted={"seconds": 7.0})
    assert progress(done, Style()) == "Completed: a was started. (7 s)"
    assert done.status.finished


def test_a_failure_is_painted_as_one() -> None:
    failed = followed(condition("Complete", "False", "NotRunning", "a does not run."), condition("Failed", "True"))
    assert progress(failed, Style(colour=True)).startswith("\033[31mNotRunning")
    assert failed.status.finished


def test_before_anything_is_said_nothing_is_told() -> None:
    assert progress(followed(), Style()) == ""


def test_who_stops_waiting_is_told_how_to_call_it_back() -> None:
    assert calling_back(followed()) == (
        "operation.vireo.dev/restart-a-x7k2p goes on. To call it back: kubectl patch operation.vireo.dev/restart-a-x7k2p -n shop "
        """--type=merge -p '{"spec":{"cancel":true}}'"""
    )
