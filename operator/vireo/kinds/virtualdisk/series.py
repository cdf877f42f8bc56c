"""The series of claims that a disk owns: `NAME` first; each proven one carries a number, and the highest is the disk.

What a disk's name finds among the claims that carry it (vireo.dev/disk):

  current     ours (vireo.dev/disk-uid), with the highest number, and none higher was ever seen: this is the disk
  adoptable   there is no current one, and a person asked for this one (vireo.dev/adopt)
  lost        there is no current one, and there was one: it is not covered up by an empty disk
  retained    there never was one, and an earlier disk of the name left this: it is not covered up either
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from vireo.api.names import ANNOTATION_ADOPT, LABEL_DISK, LABEL_DISK_UID, LABEL_SEQUENCE
from vireo.api.objects import Live
from vireo.api.resources import VIRTUAL_DISK, Key

SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The scheduler's annotation: a claim that waited for its first use is being made now."""


class ClaimRequests(msgspec.Struct, frozen=True, rename="camel"):
    """spec.resources.requests."""

    storage: str = "0"


class ClaimResources(msgspec.Struct, frozen=True, rename="camel"):
    """spec.resources."""

    requests: ClaimRequests = ClaimRequests()


class ClaimSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What a claim asks for."""

    storage_class_name: str = ""
    resources: ClaimResources = ClaimResources()


class ClaimCapacity(msgspec.Struct, frozen=True, rename="camel"):
    """status.capacity."""

    storage: str = "0"


class ClaimCondition(msgspec.Struct, frozen=True, rename="camel"):
    """status.conditions[]."""

    type: str
    status: str = ""
    message: str = ""


class ClaimStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What a claim got."""

    phase: str = "Pending"
    capacity: ClaimCapacity = ClaimCapacity()
    conditions: tuple[ClaimCondition, ...] = ()


class ClaimView(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a PersistentVolumeClaim."""

    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()

    def says(self, *types: str) -> ClaimCondition | None:
        """The first condition of these types that holds."""
        return next((one for one in self.status.conditions if one.type in types and one.status == "True"), None)


Claim = Live[ClaimView]


@dataclass(frozen=True)
class Series:
    """The claims that carry a disk's name, as the disk of that UID sees them."""

    ours: tuple[Claim, ...]
    """All that this disk made or adopted, proven or not."""
    current: Claim | None
    adoptable: Claim | None
    lost: bool
    retained: Claim | None
    next_number: int
    """The number for a claim that becomes the disk now."""


def series(claims: Iterable[Claim], uid: str, seen: int) -> Series:
    """`seen` is the highest number that was ever current: a lower one is an older state of the data, not the disk."""
    found = sorted(claims, key=_newest_first)
    ours = tuple(one for one in found if one.meta.labels.get(LABEL_DISK_UID) == uid)
    strangers = [one for one in found if one not in ours and not one.meta.deletion_timestamp]
    current = next((one for one in ours if number(one) >= max(seen, 1)), None)
    wanted = [one for one in found if _adoption_asked(one) and not one.meta.deletion_timestamp]
    lost = current is None and seen > 0
    return Series(
        ours=ours,
        current=current,
        adoptable=None if current else next(iter(wanted), None),
        lost=lost,
        retained=None if current or lost else next(iter(strangers), None),
        next_number=seen + 1,
    )


def number(claim: Claim) -> int:
    """The claim's place in the series; 0 while it is not proven."""
    label = claim.meta.labels.get(LABEL_SEQUENCE, "")
    return int(label) if label.isascii() and label.isdigit() else 0


def disk_of(claim: Claim) -> Key | None:
    """The disk that a claim belongs to, by its label: claims have no owner that could take them along (rule 1)."""
    name = claim.meta.labels.get(LABEL_DISK)
    return Key(VIRTUAL_DISK, claim.meta.namespace, name) if name else None


def _newest_first(claim: Claim) -> tuple[int, str]:
    return -number(claim), claim.meta.name


def _adoption_asked(claim: Claim) -> bool:
    return claim.meta.annotations.get(ANNOTATION_ADOPT) == "true"
