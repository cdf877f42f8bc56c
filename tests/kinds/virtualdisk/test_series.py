"""Which claims belong to a disk: those that carry its name, and none that CDI fills one of them by, with the same labels on it; and which
of them is the disk.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.decode import decode
from vireo.api.objects import Meta
from vireo.api.reconcile import Observed
from vireo.api.resources import CLAIM, VIRTUAL_DISK, Key
from vireo.kinds.virtualdisk.claims import Claim, ClaimView
from vireo.kinds.virtualdisk.series import Disk, disk_of, series
from vireo.kinds.virtualdisk.types import VirtualDiskSpec, VirtualDiskStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
UID = "a583590f-f7bb-40cb-9912-e4ee261799e3"
LABELS = {
    "vireo.dev/disk": "d",
    "vireo.dev/disk-uid": "0e16",
    "vireo.dev/managed": "virtualdisk",
    "vireo.dev/sequence": "1",
}
OWNER = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "d", "uid": UID, "controller": True}
BY_WHICH_CDI_FILLS: Mapping[str, dict[str, Any]] = {
    f"prime-{UID}": {"labels": {**LABELS, "app": "containerized-data-importer"}, "ownerReferences": [OWNER]},
    f"tmp-pvc-{UID}": {"labels": {**LABELS, "cdi.kubevirt.io/OwnedByUID": UID}},
}
"""As CDI 1.65 made them for the claim `d`."""


def claim(name: str, metadata: dict[str, Any]) -> Claim:
    raw = {"metadata": {"name": name, "namespace": "shop", **metadata}, "status": {"phase": "Bound"}}
    return decode(CLAIM, ClaimView, msgspec.Raw(msgspec.json.encode(raw)))


NUMBERS = st.lists(st.integers(1, 9), min_size=1, unique=True)


@given(NUMBERS, st.booleans())
def test_a_claim_without_a_number_is_not_the_disk_whatever_there_is(numbers: list[int], known: bool) -> None:
    before = disk(numbers, max(numbers), known=known)
    restored = replace(before, children=(*before.children, numbered("d-0123456789")))
    assert current(restored) == current(before) == f"d-{max(numbers)}"


@given(NUMBERS, st.booleans())
def test_the_claim_with_the_next_number_is_the_disk_whatever_there_is(numbers: list[int], known: bool) -> None:
    before = disk(numbers, max(numbers), known=known)
    restored = replace(before, children=(numbered("d-0123456789", max(numbers) + 1), *before.children))
    assert current(restored) == "d-0123456789"


def disk(numbers: list[int], sequence: int, *, known: bool) -> Disk:
    """A disk with claims of these numbers, which has said the highest of them, or is yet to say it."""
    status = VirtualDiskStatus(claim=f"d-{sequence}", sequence=sequence) if known else VirtualDiskStatus()
    claims = tuple(numbered(f"d-{one}", one) for one in numbers)
    meta = Meta("d", "shop", LABELS["vireo.dev/disk-uid"])
    return Observed(Key(VIRTUAL_DISK, "shop", "d"), meta, VirtualDiskSpec(size="1Gi"), status, NOON, children=claims)


def numbered(name: str, number: int | None = None) -> Claim:
    labels = {label: value for label, value in LABELS.items() if label != "vireo.dev/sequence"}
    return claim(name, {"labels": labels | ({"vireo.dev/sequence": str(number)} if number else {})})


def current(disk: Disk) -> str:
    found = series(disk).current
    assert found is not None
    return found.meta.name


@pytest.mark.parametrize(("name", "labels"), [("d", LABELS), ("d-0123456789", LABELS), ("d", {})])
def test_a_claim_belongs_to_the_disk_whose_name_it_carries(name: str, labels: dict[str, str]) -> None:
    assert disk_of(claim(name, {"labels": labels})) == Key(VIRTUAL_DISK, "shop", "d")


@pytest.mark.parametrize("name", BY_WHICH_CDI_FILLS)
def test_what_a_claim_is_filled_by_belongs_to_no_disk(name: str) -> None:
    assert disk_of(claim(name, BY_WHICH_CDI_FILLS[name])) is None
