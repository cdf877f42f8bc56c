"""The page of the whole cluster: what is missing, how many are Ready, and of those that are not, why."""

import msgspec
from plugin.objects import NOW, condition, glance, ready, unready

from vireo.api.resources import OPERATION, PLATFORM, VIRTUAL_DISK, VIRTUAL_MACHINE
from vireo.plugin.shown.glance import MISSING
from vireo.plugin.shown.status import (
    NO_PLATFORM,
    Lacking,
    OperationGlance,
    Overview,
    Tried,
    counts,
    overview,
    page,
)
from vireo.plugin.shown.style import Style

SUPPORTED = glance(PLATFORM, "default", {"conditions": [condition("Ready", "True", "Supported", "All there.")]}).state
COMPONENTS = (
    Lacking("KubeVirt", "Supported"),
    Lacking("Metrics", "Missing", "Install metrics-server."),
    Lacking("Import", "TooOld", "Update CDI."),
)
YOUNG, OLD = "2026-01-01T11:58:00Z", "2026-01-01T09:00:00Z"


def some() -> Overview:
    machines = [
        ready(VIRTUAL_MACHINE, "web-1"),
        unready(VIRTUAL_MACHINE, "web-2", "Starting", "It starts.", since=YOUNG),
    ]
    disks = [unready(VIRTUAL_DISK, "data", "DatastoreMissing", "No such class.", abnormal="Stalled", since=OLD)]
    return overview(SUPPORTED, COMPONENTS, {VIRTUAL_DISK: disks, VIRTUAL_MACHINE: machines})


def test_the_page_says_it_all() -> None:
    assert page(some(), Style(), NOW) == [
        "PLATFORM   Supported",
        "  All there.",
        "",
        "MISSING",
        "  Metrics: Install metrics-server.",
        "  Import (too old): Update CDI.",
        "",
        "KIND             READY   NOT READY",
        "VirtualDisk      0       1",
        "VirtualMachine   1       1",
        "",
        "NOT READY                   STATE         REASON             SINCE",
        "VirtualDisk shop/data       Stalled       DatastoreMissing   3h",
        "  No such class.",
        "VirtualMachine shop/web-2   Reconciling   Starting           2m",
        "  It starts.",
    ]


def test_what_has_not_been_ready_for_longest_stands_first_and_all_of_it_is_in_the_json() -> None:
    found = msgspec.to_builtins(some())
    assert [(one["name"], one["reason"]) for one in found["notReady"]] == [
        ("data", "DatastoreMissing"),
        ("web-2", "Starting"),
    ]
    assert list(found["counts"]) == [
        {"kind": "VirtualDisk", "ready": 0, "notReady": 1},
        {"kind": "VirtualMachine", "ready": 1, "notReady": 1},
    ]
    assert found["platform"] == {"ready": True, "reason": "Supported", "message": "All there."}
    assert [one["name"] for one in found["missing"]] == ["Metrics", "Import"]


def test_it_is_ready_when_all_are_whatever_is_missing_of_what_need_not_be_there() -> None:
    found = overview(SUPPORTED, COMPONENTS, {VIRTUAL_MACHINE: [ready(VIRTUAL_MACHINE, "web-1")]})
    assert found.ready
    assert page(found, Style(), NOW)[-1] == "All of them are Ready."


def test_it_is_not_ready_with_one_object_that_is_not() -> None:
    assert not some().ready


def test_it_is_not_ready_where_the_platform_is_not() -> None:
    for platform in (NO_PLATFORM, MISSING, unready(PLATFORM, "default", "KubeVirtMissing").state):
        assert not overview(platform, (), {}).ready


def test_without_a_platform_it_is_said_how_to_see_whether_vireo_runs() -> None:
    assert page(overview(NO_PLATFORM, (), {}), Style(), NOW)[:2] == [
        "PLATFORM   Missing",
        "  Vireo has not looked at this cluster yet: see whether it runs: kubectl get pods -A -l app.kubernetes.io/name=vireo",
    ]


def test_a_namespace_is_named_so_that_nobody_takes_it_for_the_cluster() -> None:
    found = overview(SUPPORTED, (), {VIRTUAL_MACHINE: []}, "shop")
    assert page(found, Style(), NOW)[3:] == [
        "KIND (in shop)   READY   NOT READY",
        "VirtualMachine   0       0",
        "",
        "There is none of them.",
    ]


def test_an_operation_that_was_only_tried_or_called_back_does_not_count() -> None:
    failed = [condition("Complete", "False", "NotRunning"), condition("Failed", "True", "NotRunning")]
    called_back = [condition("Complete", "False", "Cancelled"), condition("Failed", "True", "Cancelled")]
    done, undone = OperationGlance(), OperationGlance(Tried(dry_run=True))
    assert counts(done, glance(OPERATION, "a", {"conditions": failed}))
    assert not counts(undone, glance(OPERATION, "a", {"conditions": failed}))
    assert not counts(done, glance(OPERATION, "a", {"conditions": called_back}))
