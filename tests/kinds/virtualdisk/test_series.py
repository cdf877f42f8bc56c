"""Which claims belong to a disk: those that carry its name, and none that CDI fills one of them by, with the same labels on it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from vireo.api.decode import decode
from vireo.api.resources import CLAIM, VIRTUAL_DISK, Key
from vireo.kinds.virtualdisk.claims import Claim, ClaimView
from vireo.kinds.virtualdisk.series import disk_of

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


@pytest.mark.parametrize(("name", "labels"), [("d", LABELS), ("d-0123456789", LABELS), ("d", {})])
def test_a_claim_belongs_to_the_disk_whose_name_it_carries(name: str, labels: dict[str, str]) -> None:
    assert disk_of(claim(name, {"labels": labels})) == Key(VIRTUAL_DISK, "shop", "d")


@pytest.mark.parametrize("name", BY_WHICH_CDI_FILLS)
def test_what_a_claim_is_filled_by_belongs_to_no_disk(name: str) -> None:
    assert disk_of(claim(name, BY_WHICH_CDI_FILLS[name])) is None
