"""What ArgoCD thinks of Vireo's objects: its own engine runs the health checks of deploy/ on each case's object with the status that
Vireo writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from chart.argocd import HEALTH, Health, health
from kinds.test_cases import CASES, kind_of, load, read_case

from vireo.api.names import GROUP
from vireo.kinds import KINDS

pytestmark = pytest.mark.chart

Object = dict[str, Any]
PENDING: Final = Health("Progressing", "Pending deletion")
"""ArgoCD's own word for what is being deleted, whatever its status says."""
NAMES: Final = [f"{folder.parent.parent.name}: {folder.name}" for folder in CASES]


def whole(folder: Path) -> Object:
    """The case's object as it is once Vireo has written its status."""
    given = load(folder / "given.yaml")["object"]
    metadata = {"generation": 1, **given["metadata"]}
    return {**given, "metadata": metadata, "status": read_case(folder).status().wire()}


def said(thing: Object) -> Mapping[str, Object]:
    return {one["type"]: one for one in thing["status"].get("conditions", ())}


def true(thing: Object) -> set[str]:
    """The conditions that hold."""
    return {name for name, one in said(thing).items() if one["status"] == "True"}


@pytest.fixture(scope="module")
def seen() -> Mapping[str, tuple[Object, Health]]:
    """Each case's object with what ArgoCD shows of it, less those of which it only says that they are being deleted."""
    objects = [whole(folder) for folder in CASES]
    found = dict(zip(NAMES, zip(objects, health(objects), strict=True), strict=True))
    ending = {name for name, (thing, _) in found.items() if "deletionTimestamp" in thing["metadata"]}
    assert all(found[name][1] == PENDING for name in ending)
    return {name: one for name, one in found.items() if name not in ending}


def test_every_kind_has_its_check_and_nothing_else_has_one() -> None:
    keys = yaml.safe_load(HEALTH.read_text())["data"]
    assert list(keys) == [f"resource.customizations.health.{GROUP}_{kind.name}" for kind in KINDS]


def test_it_is_healthy_exactly_where_all_is_as_its_spec_asks(seen: Mapping[str, tuple[Object, Health]]) -> None:
    def settled(thing: Object) -> bool:
        awaited = kind_of(thing).ready_when.rpartition("condition=")[2]
        return awaited in true(thing) if awaited else not said(thing)

    wrong = {name: found for name, (thing, found) in seen.items() if (found.status == "Healthy") != settled(thing)}
    assert wrong == {}


def test_it_is_degraded_exactly_where_a_person_is_needed(seen: Mapping[str, tuple[Object, Health]]) -> None:
    wrong = {
        name: found
        for name, (thing, found) in seen.items()
        if (found.status == "Degraded") != bool(true(thing) & {"Stalled", "Failed"})
    }
    assert wrong == {}


def test_it_is_progressing_where_vireo_works_on_it(seen: Mapping[str, tuple[Object, Health]]) -> None:
    wrong = {
        name: found
        for name, (thing, found) in seen.items()
        if "Reconciling" in true(thing) and found.status != "Progressing"
    }
    assert wrong == {}
    assert {found.status for _, found in seen.values()} == {"Healthy", "Progressing", "Degraded"}


def test_the_message_is_the_conditions(seen: Mapping[str, tuple[Object, Health]]) -> None:
    wrong = {
        name: found
        for name, (thing, found) in seen.items()
        if said(thing) and found.message not in {one["message"] for one in said(thing).values()}
    }
    assert wrong == {}


def test_a_spec_that_was_not_looked_at_yet_is_progressing_whatever_was_said_before() -> None:
    for folder in CASES:
        thing = whole(folder)
        if "deletionTimestamp" in thing["metadata"] or not kind_of(thing).ready_when:
            continue
        thing["metadata"]["generation"] = 2
        assert health([thing]) == [Health("Progressing", "Vireo has not looked at this spec yet.")], folder.name
        return


def test_what_is_new_has_no_status_and_is_progressing_but_for_what_only_keeps() -> None:
    new = [
        {"apiVersion": kind.resource.api_version, "kind": kind.name, "metadata": {"name": "a", "generation": 1}}
        for kind in KINDS
    ]
    assert [one.status for one in health(new)] == ["Progressing" if kind.ready_when else "Healthy" for kind in KINDS]


def test_a_machine_that_is_stopped_or_paused_because_its_spec_says_so_is_healthy(
    seen: Mapping[str, tuple[Object, Health]],
) -> None:
    phases = {
        thing["status"]["phase"]
        for thing, found in seen.values()
        if thing["kind"] == "VirtualMachine" and found.status == "Healthy"
    }
    assert {"Running", "Stopped", "Paused"} <= phases
