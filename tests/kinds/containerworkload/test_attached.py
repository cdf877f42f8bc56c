"""Data is safe: what is attached is said, and only the holder attaches. In every surrounding that there is a case of."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds.test_cases import CASES, Case, read_case, with_holder

from vireo.api.names import FINALIZER
from vireo.api.resources import CONTAINER_WORKLOAD, POD, VIRTUAL_DISK, VIRTUAL_SWITCH
from vireo.kinds.containerworkload.attached import NETWORKS
from vireo.kinds.virtualdisk.types import Holder

MINE = [folder for folder in CASES if folder.parent.parent.name == "containerworkload"]
HOLDERS = st.none() | st.builds(
    Holder,
    kind=st.sampled_from(["VirtualMachine", "ContainerWorkload"]),
    name=st.just("api"),
    uid=st.sampled_from(["4b0c2a51-7d0e-4c58-9c3a-0c5b9a1f7e21", "another"]),
)

each_case = pytest.mark.parametrize("folder", MINE, ids=lambda folder: folder.name)


def attached(case: Case) -> set[str]:
    return {one.claim for one in case.status().disks}


def ports(case: Case) -> dict[str, int]:
    return {one.name: one.count for one in case.status().networks}


def templates(case: Case) -> Iterator[dict[str, Any]]:
    return (
        child.manifest["spec"]["template"] for child in case.desired.children if "template" in child.manifest["spec"]
    )


def wanted(case: Case) -> set[str]:
    """The claims that pods would get."""
    volumes = (volume for template in templates(case) for volume in template["spec"].get("volumes", ()))
    return {volume["persistentVolumeClaim"]["claimName"] for volume in volumes}


@each_case
def test_what_any_pod_mounts_is_said(folder: Path) -> None:
    case = read_case(folder)
    pods = [pod.view for pod in case.observed.all(POD) if not pod.view.final]
    assert {volume.claim for pod in pods for volume in pod.volumes if volume.claim} <= attached(case)


@each_case
def test_what_is_written_in_this_pass_is_said_in_this_pass(folder: Path) -> None:
    case = read_case(folder)
    if case.status() != case.observed.status and not case.outcomes:
        assert wanted(case) <= attached(case)
        if any(NETWORKS in template["metadata"].get("annotations", {}) for template in templates(case)):
            assert min(ports(case)[one.name] for one in case.observed.spec.networks) >= case.observed.spec.ports_each


@each_case
def test_what_is_attached_is_named_as_used(folder: Path) -> None:
    case = read_case(folder)
    status = case.status()
    names = {(key.resource, key.name) for key in case.kind.uses(case.observed.meta, case.observed.spec, status)}
    assert {(VIRTUAL_DISK, one.disk) for one in status.disks} <= names
    assert {(VIRTUAL_SWITCH, one.switch) for one in status.networks} <= names


@each_case
def test_nothing_is_let_go_without_a_live_read(folder: Path) -> None:
    case = read_case(folder)
    before = case.observed.status
    let_go = {one.claim for one in before.disks} - attached(case) or {one.name for one in before.networks} - ports(
        case
    ).keys()
    ends = FINALIZER in case.observed.meta.finalizers and not case.desired.finalizer
    held = bool(before.disks or before.networks)
    assert case.kind.lets_go(case.observed) or not (let_go or (ends and held))


@given(folder=st.sampled_from(MINE), holder=HOLDERS)
def test_only_the_holder_attaches(folder: Path, holder: Holder | None) -> None:
    case = read_case(folder)
    found = with_holder(case, holder)
    ours = holder and (holder.kind, holder.uid) == (CONTAINER_WORKLOAD.kind, case.observed.meta.uid)
    assert ours or not wanted(found)
