"""Whether an object is well, by what it says of itself."""

from typing import Any

import pytest
from plugin.objects import BORN, condition, glance, ready, unready

from vireo.api.resources import (
    CALIBRATION,
    CLAIM,
    DEPLOYMENT,
    JOB,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    NODE,
    OPERATION,
    POD,
    SECRET,
    SERVICE,
    SNAPSHOT,
    VIRTUAL_MACHINE,
    Resource,
)

NOT_RUNNING = condition("Ready", "False", "VMINotExists", "VMI does not exist")
WAITS = condition("Ready", "False", "ContainersNotReady", "containers with unready status: [a]")


def test_one_of_ours_is_well_when_it_is_ready() -> None:
    state = ready(VIRTUAL_MACHINE, "web-1", "Stopped").state
    assert (state.word, state.well, state.reason) == ("Ready", True, "Stopped")


@pytest.mark.parametrize(("abnormal", "mood"), [("Reconciling", "going"), ("Stalled", "bad")])
def test_one_that_is_not_says_whether_it_goes_on_by_itself(abnormal: str, mood: str) -> None:
    state = unready(VIRTUAL_MACHINE, "web-1", "DiskMissing", "No disk.", abnormal=abnormal).state
    assert (state.word, state.well, state.mood) == (abnormal, False, mood)
    assert (state.reason, state.message) == ("DiskMissing", "No disk.")


def test_an_operation_is_well_when_it_is_complete() -> None:
    done = glance(OPERATION, "move", {"conditions": [condition("Complete", "True", "Completed")]}).state
    assert (done.word, done.well) == ("Complete", True)


def test_of_an_operation_that_failed_it_is_said_that_it_failed_though_it_is_stalled_too() -> None:
    said = [condition("Complete", "False", "NotRunning"), condition("Failed", "True"), condition("Stalled", "True")]
    failed = glance(OPERATION, "move", {"conditions": said}).state
    assert (failed.word, failed.well, failed.reason) == ("Failed", False, "NotRunning")


def test_what_was_said_of_an_older_spec_counts_no_more() -> None:
    status = {"observedGeneration": 1, "conditions": [condition("Ready", "True", "Running")]}
    state = glance(VIRTUAL_MACHINE, "web-1", status, generation=2).state
    assert (state.word, state.well) == ("Unseen", False)
    assert "kubectl get pods" in state.message


def test_one_of_which_nothing_was_said_is_not_well() -> None:
    assert glance(VIRTUAL_MACHINE, "web-1").state.word == "Unseen"


@pytest.mark.parametrize(
    ("resource", "status", "word", "well"),
    [
        (CLAIM, {"phase": "Bound"}, "Bound", True),
        (CLAIM, {"phase": "Lost"}, "Lost", False),
        (KUBEVIRT_MACHINE, {"printableStatus": "Stopped", "conditions": [NOT_RUNNING]}, "Stopped", True),
        (KUBEVIRT_MACHINE, {"printableStatus": "Running"}, "Running", True),
        (KUBEVIRT_INSTANCE, {"phase": "Running", "conditions": None}, "Running", True),
        (POD, {"phase": "Pending", "conditions": [WAITS]}, "Pending", False),
        (POD, {"phase": "Succeeded", "conditions": [WAITS]}, "Succeeded", True),
        (DEPLOYMENT, {"replicas": 3, "readyReplicas": 3}, "3/3", True),
        (DEPLOYMENT, {"replicas": 3}, "0/3", False),
        (SNAPSHOT, {"readyToUse": True}, "Ready", True),
        (SNAPSHOT, {"readyToUse": False, "error": {"message": "no room"}}, "NotReady", False),
        (JOB, {"conditions": [condition("Complete", "True")]}, "Complete", True),
        (SERVICE, {"loadBalancer": {}}, "", True),
        (SECRET, {}, "", True),
    ],
)
def test_others_are_as_their_status_says(resource: Resource, status: dict[str, Any], word: str, well: bool) -> None:
    state = glance(resource, "x", status).state
    assert (state.word, state.well) == (word, well)


def test_what_is_being_deleted_says_so() -> None:
    state = glance(POD, "x", {"phase": "Running"}, deletionTimestamp=BORN).state
    assert (state.word, state.well) == ("Terminating", False)


def test_a_node_that_fell_silent_is_not_well() -> None:
    assert not glance(NODE, "x", {"conditions": [condition("Ready", "Unknown", "NodeStatusUnknown")]}).state.well


def test_a_calibration_is_there_and_says_no_more() -> None:
    assert glance(CALIBRATION, "x").state.well


def test_why_a_pod_is_not_ready_is_its_own_word() -> None:
    assert glance(POD, "x", {"phase": "Running", "conditions": [WAITS]}).state.reason == "ContainersNotReady"
