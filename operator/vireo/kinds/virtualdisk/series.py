"""The series of claims that a disk owns: `NAME` first; each proven one carries a number, and the highest is the disk.

Claims have no owner that could take them along (rule 1), so what a disk's name finds is told apart by labels. It is one of these:

  current     ours (vireo.dev/disk-uid), with the highest number, and none higher was ever seen: this is the disk
  adoptable   there is no current one, and a person asked for this one (vireo.dev/adopt)
  lost        there is no current one, and there was one: it is not covered up by an empty disk
  retained    there never was one, and an earlier disk of the name left this: it is not covered up either
  foreign     there never was one, and others made this claim of the disk's name: it is left alone

and if it is none, the disk is to be made.
"""

from dataclasses import dataclass
from functools import partial

from vireo.api.names import ANNOTATION_ADOPT, LABEL_DISK, LABEL_DISK_UID, LABEL_SEQUENCE
from vireo.api.reconcile import Observed, once
from vireo.api.resources import CLAIM, VIRTUAL_DISK, Key
from vireo.kinds.virtualdisk.claims import Claim, fills_another
from vireo.kinds.virtualdisk.types import VirtualDiskSpec, VirtualDiskStatus

Disk = Observed[VirtualDiskSpec, VirtualDiskStatus]
"""A disk with its surroundings."""


@dataclass(frozen=True)
class Series:
    """The claims of a disk's name, as the disk sees them."""

    ours: tuple[Claim, ...]
    """All that this disk made or adopted, proven or not."""
    number: int
    """The number of the current one, or of the one that becomes the disk now."""
    current: Claim | None = None
    adoptable: Claim | None = None
    lost: bool = False
    retained: Claim | None = None
    foreign: Claim | None = None


@once
def series(disk: Disk) -> Series:
    """What the disk's name finds. A claim with a lower number than was ever seen is an older state of the data, not the disk."""
    found = sorted(disk.all(CLAIM), key=partial(_newest_first, disk))
    ours = tuple(one for one in found if one.meta.labels.get(LABEL_DISK_UID) == disk.meta.uid)
    if current := _current(ours, disk.status):
        return Series(ours, max(number(current), disk.status.sequence), current=current)
    there = [one for one in found if not one.meta.deletion_timestamp]
    new = disk.status.sequence + 1
    if asked := next((one for one in there if adoption_asked(one)), None):
        return Series(ours, new, adoptable=asked)
    if disk.status.sequence:
        return Series(ours, new, lost=True)
    others = [one for one in there if one not in ours]
    retained = next((one for one in others if LABEL_DISK in one.meta.labels), None)
    return Series(ours, new, retained=retained, foreign=None if retained else next(iter(others), None))


def number(claim: Claim) -> int:
    """The claim's place in the series; 0 while it is not proven."""
    label = claim.meta.labels.get(LABEL_SEQUENCE, "")
    return int(label) if label.isascii() and label.isdigit() else 0


def adoption_asked(claim: Claim) -> bool:
    return claim.meta.annotations.get(ANNOTATION_ADOPT) == "true"


def disk_of(claim: Claim) -> Key | None:
    """The disk whose name a claim carries: in its label, or, as others' claims that are in a disk's way, as its own."""
    if fills_another(claim):
        return None
    return Key(VIRTUAL_DISK, claim.meta.namespace, claim.meta.labels.get(LABEL_DISK) or claim.meta.name)


def _current(ours: tuple[Claim, ...], status: VirtualDiskStatus) -> Claim | None:
    """By number; or, where somebody took the number off, by the name that was last said."""
    numbered = next((one for one in ours if number(one) >= max(status.sequence, 1)), None)
    return numbered or next((one for one in ours if one.meta.name == status.claim), None)


def _newest_first(disk: Disk, claim: Claim) -> tuple[int, bool, str]:
    """Of two with one number the known one: who copies a claim may copy its labels."""
    return -number(claim), claim.meta.name not in {disk.status.claim, disk.meta.name}, claim.meta.name
