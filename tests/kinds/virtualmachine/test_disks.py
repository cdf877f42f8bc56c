"""Data is safe: what is attached is said, and only the holder attaches. In every surrounding that there is a case of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds.test_cases import CASES, Case, read_case, with_holder

from vireo.api.names import FINALIZER
from vireo.api.resources import VIRTUAL_DISK, VIRTUAL_MACHINE
from vireo.kinds.virtualdisk.types import Holder
from vireo.kinds.virtualmachine.types import AttachedDisk

MINE = [folder for folder in CASES if folder.parent.parent.name == "virtualmachine"]
HOLDERS = st.none() | st.builds(
    Holder,
    kind=st.sampled_from(["VirtualMachine", "ContainerWorkload"]),
    name=st.just("web-1"),
    uid=st.sampled_from(["6f6c1f4e-0b1a-4c39-9d0e-2f6f5a1c7b11", "another"]),
)


def attached(case: Case) -> set[str]:
    return {one.claim for one in case.status().disks}


def wanted(case: Case) -> Iterator[str]:
    """The claims that KubeVirt's machine would get."""
    for child in case.desired.children:
        for volume in child.manifest["spec"]["template"]["spec"]["volumes"]:
            if "persistentVolumeClaim" in volume:
                yield volume["persistentVolumeClaim"]["claimName"]


@pytest.mark.parametrize("folder", MINE, ids=lambda folder: folder.name)
def test_what_any_live_object_mounts_is_said(folder: Path) -> None:
    case = read_case(folder)
    mounted = {volume.claim for child in case.observed.children for volume in child.view.volumes if volume.claim}
    assert mounted <= attached(case)


@pytest.mark.parametrize("folder", MINE, ids=lambda folder: folder.name)
def test_what_is_written_in_this_pass_is_said_in_this_pass(folder: Path) -> None:
    case = read_case(folder)
    said_something = case.status() != case.observed.status
    if said_something and not case.outcomes:
        assert set(wanted(case)) <= attached(case)


@pytest.mark.parametrize("folder", MINE, ids=lambda folder: folder.name)
def test_what_is_attached_is_named_as_used(folder: Path) -> None:
    case = read_case(folder)
    keys = case.kind.uses(case.observed.meta, case.observed.spec, case.status())
    assert {one.disk for one in case.status().disks} <= {key.name for key in keys if key.resource == VIRTUAL_DISK}


@given(folder=st.sampled_from(MINE), holder=HOLDERS)
def test_only_the_holder_attaches(folder: Path, holder: Holder | None) -> None:
    case = read_case(folder)
    found = with_holder(case, holder)
    ours = holder and (holder.kind, holder.uid) == (VIRTUAL_MACHINE.kind, case.observed.meta.uid)
    assert ours or not set(wanted(found))


def test_an_entry_names_the_disk_that_the_claim_is_of_also_when_the_spec_has_another_by_now() -> None:
    folder = next(one for one in MINE if one.name == "a disk that is no longer named is held until the next start")
    assert read_case(folder).status().disks == (
        AttachedDisk(name="boot", disk="web-1-new", claim="web-1-new"),
        AttachedDisk(name="boot", disk="web-1-root", claim="web-1-root"),
    )


@pytest.mark.parametrize("folder", MINE, ids=lambda folder: folder.name)
def test_nothing_is_let_go_without_a_live_read(folder: Path) -> None:
    case = read_case(folder)
    let_go = {one.claim for one in case.observed.status.disks} - attached(case)
    ends = FINALIZER in case.observed.meta.finalizers and not case.desired.finalizer
    assert case.kind.lets_go(case.observed) or not (let_go or ends)
