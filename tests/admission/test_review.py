"""What is said of a spec while it is applied: what its checks say of it, as a refusal, a warning, or nothing."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds.test_cases import CASES, HERE, Case, load, read_case

from vireo.admission.review import BadReviewError, Verdict, answer, judge, read
from vireo.api.reconcile import Observed
from vireo.kinds import KINDS

Raw = dict[str, Any]

GROWTH = "virtualdisk/cases/growth on a datastore that can not is not tried"
MOVE = "virtualdisk/cases/a disk does not move to another datastore"
SHRINK = "virtualdisk/cases/a claim that is larger than asked for is not shrunk"
WRONG_DISK = "containerworkload/cases/a disk for machines is not mounted, and both are named"
BEFORE: Mapping[str, Mapping[str, Any]] = {
    GROWTH: {"size": "10Gi"},
    MOVE: {"datastore": "fast"},
    SHRINK: {"size": "20Gi"},
    WRONG_DISK: {"disks": []},
}
"""What the spec was before the update that brought the fault."""


@cache
def case(path: Path | str) -> Case:
    return read_case(HERE / path)


@cache
def given_in(path: Path | str) -> Raw:
    found: Raw = load(HERE / path / "given.yaml")
    return found


REVIEWED = [folder for folder in CASES if case(folder).kind.admission]


def review_of(path: Path | str, before: Raw | None = None) -> Raw:
    """The AdmissionReview of the case's object, new or changed from one with `before` in its spec."""
    raw = copy.deepcopy(given_in(path)["object"])
    raw["metadata"] = {"uid": f"uid-of-{raw['metadata']['name']}", "generation": 1, **raw["metadata"]}
    old = copy.deepcopy(raw)
    old["spec"] |= before or {}
    plural = next(kind.resource.plural for kind in KINDS if kind.name == raw["kind"])
    request = {
        "uid": "of-the-review",
        "resource": {"group": "vireo.dev", "version": "v1alpha1", "resource": plural},
        "operation": "CREATE" if before is None else "UPDATE",
        "object": raw,
        "oldObject": None if before is None else old,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def verdict_of(path: Path | str, before: Raw | None = None, observed: Observed[Any, Any] | None = None) -> Verdict:
    review = read(json.dumps(review_of(path, before)).encode(), KINDS)
    return judge(review, observed or case(path).observed)


def response(path: str, before: Raw | None = None) -> Raw:
    review = read(json.dumps(review_of(path, before)).encode(), KINDS)
    found: Raw = json.loads(answer(review, judge(review, case(path).observed)))["response"]
    return found


@pytest.mark.parametrize("path", BEFORE)
def test_an_update_that_no_waiting_makes_true_is_refused(path: str) -> None:
    verdict = verdict_of(path, dict(BEFORE[path]))
    assert verdict.refusal == case(path).desired.waiting


@pytest.mark.parametrize("path", BEFORE)
def test_a_new_object_is_warned_of_it(path: str) -> None:
    verdict = verdict_of(path)
    assert (verdict.refusal, verdict.warning) == (None, case(path).desired.waiting)


@pytest.mark.parametrize("path", BEFORE)
def test_an_update_of_something_else_is_warned_of_what_was_so_before(path: str) -> None:
    verdict = verdict_of(path, {"deletionPolicy": "Delete"})
    assert (verdict.refusal, verdict.warning) == (None, case(path).desired.waiting)


def test_a_refusal_has_the_form_of_one_by_the_schema() -> None:
    found = response(GROWTH, {"size": "10Gi"})
    words = case(GROWTH).desired.waiting
    assert words is not None
    cause = {"reason": "FieldValueForbidden", "field": "spec.size", "message": f"ExpansionUnsupported: {words.message}"}
    assert found == {
        "uid": "of-the-review",
        "allowed": False,
        "status": {
            "status": "Failure",
            "code": 422,
            "reason": "Invalid",
            "message": f"spec.size: {words.message}",
            "details": {"group": "vireo.dev", "kind": "VirtualDisk", "name": "data", "causes": [cause]},
        },
    }


def test_a_warning_names_the_object_and_says_what_its_status_will_say() -> None:
    path = "virtualdisk/cases/a datastore that does not exist is named with those that do"
    words = case(path).desired.waiting
    assert words is not None
    assert response(path) == {
        "uid": "of-the-review",
        "allowed": True,
        "warnings": [f"VirtualDisk shop/data: {words.message}"],
    }


@pytest.mark.parametrize(
    "path",
    [
        "virtualmachine/cases/a disk for containers is not attached",
        "virtualmachine/cases/a disk that another machine holds is not attached",
        "virtualmachine/cases/without KubeVirt nothing is half done",
        "virtualdisk/cases/data that an earlier disk left is neither used nor covered up",
        "virtualdisk/cases/a claim of others is left alone",
        "virtualdisk/cases/a disk at once on a datastore that waits is told what to change",
        "containerworkload/cases/a disk that a machine holds is not mounted",
        "containerworkload/cases/several pods need a disk that can be at several nodes",
        "operation/cases/a machine that can not move says why",
        "operation/cases/a host that does not exist is named",
        "operation/cases/a machine that does not run is told",
    ],
)
def test_what_a_person_would_want_to_know_now_is_a_warning(path: str) -> None:
    assert verdict_of(path).outcome == "warned"


@pytest.mark.parametrize(
    "path",
    [
        "virtualmachine/cases/a disk that does not exist is named",
        "virtualmachine/cases/a disk that is not ready is told in its own words",
        "virtualmachine/cases/a Secret that does not exist is named",
        "virtualmachine/cases/an instance type that does not exist is named",
        "virtualdisk/cases/a claim that is being made is told with its datastore",
        "virtualdisk/cases/without a platform nothing is made yet",
        "operation/cases/a machine that does not exist is named",
    ],
)
def test_what_comes_in_another_order_in_the_same_apply_is_no_news(path: str) -> None:
    assert verdict_of(path) == Verdict()


@pytest.mark.parametrize("folder", REVIEWED, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_what_is_said_depends_on_nothing_that_is_not_looked_at(folder: Path) -> None:
    observed, admission = case(folder).observed, case(folder).kind.admission
    assert admission is not None
    seen = replace(
        observed,
        uses={key: live if key.resource in admission.looks_at else None for key, live in observed.uses.items()},
        children=tuple(one for one in observed.children if one.resource in admission.looks_at),
        users=(),
        warnings={},
    )
    assert verdict_of(folder, {}, seen) == verdict_of(folder, {}, observed)


@pytest.mark.parametrize("folder", REVIEWED, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_what_is_said_is_what_the_status_says(folder: Path) -> None:
    found, said = case(folder), verdict_of(folder).warning
    if said and not (found.outcomes or found.observed.deleting):
        assert said.message in {one.message for one in found.status().conditions}


GARBAGE: Mapping[str, Any] = {
    "nothing": b"",
    "no JSON": b"\xff\x00{",
    "no object": b"[]",
    "no end of it": b"[" * 100_000,
    "another version": {"apiVersion": "admission.k8s.io/v1beta1"},
    "a kind of others": {"request": {"resource": {"group": "apps", "version": "v1", "resource": "deployments"}}},
    "a kind of which nothing is said": {"request": {"resource": {"group": "vireo.dev", "resource": "platforms"}}},
    "no object in it": {"request": {"object": None}},
    "an object without a name": {"request": {"object": {"metadata": {}, "spec": {}}}},
    "a name that leads elsewhere": {"request": {"object": {"metadata": {"name": "../../secrets/key"}}}},
    "a namespace that leads elsewhere": {"request": {"object": {"metadata": {"name": "a", "namespace": "x/../y"}}}},
    "a selector in the name": {"request": {"object": {"metadata": {"name": "a,vireo.dev/disk!=a"}}}},
    "a spec that is a list": {"request": {"object": {"metadata": {"name": "a"}, "spec": []}}},
}


@pytest.mark.parametrize("what", GARBAGE)
def test_what_is_no_review_of_ours_is_told_so(what: str) -> None:
    sent = GARBAGE[what]
    body = sent if isinstance(sent, bytes) else json.dumps(_merged(review_of(GROWTH), sent)).encode()
    with pytest.raises(BadReviewError):
        read(body, KINDS)


def _merged(one: Raw, other: Raw) -> Raw:
    """`metadata` as a whole is the other's."""
    both = {name: (one.get(name), other[name]) for name in other}
    return one | {
        name: _merged(old, new) if isinstance(old, dict) and isinstance(new, dict) and name != "metadata" else new
        for name, (old, new) in both.items()
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)


@given(json_values, st.sampled_from(["object", "oldObject", "uid", "resource"]))
def test_whatever_is_sent_is_a_review_or_is_not(value: object, where: str) -> None:
    body = _merged(review_of(GROWTH), {"request": {where: value}})
    try:
        read(json.dumps(body).encode(), KINDS)
    except BadReviewError:
        return


@given(json_values)
def test_a_spec_that_is_not_valid_is_no_ground_for_a_word(value: object) -> None:
    body = review_of(GROWTH)
    body["request"]["object"]["spec"] = {"size": value}
    review = read(json.dumps(body).encode(), KINDS)
    assert review.live.view.invalid or review.live.view.spec.size == value
