"""Where a disk's claims are made, and with which modes: from what the Platform says of the StorageClasses."""

from typing import Final, Literal

from vireo.kinds.platform.types import Datastore
from vireo.kinds.platform.use import datastore, platform
from vireo.kinds.virtualdisk.claims import SELECTED_NODE, Claim
from vireo.kinds.virtualdisk.series import Disk

PREFERRED: Final = ("ReadWriteMany", "ReadWriteOnce")
"""A machine migrates between nodes only on the first."""


def chosen(disk: Disk) -> Datastore | None:
    """The datastore that the spec names, or the default one."""
    known = platform(disk)
    return known.datastore(disk.spec.datastore or "") if known else None


def of_claim(disk: Disk, claim: Claim) -> Datastore | None:
    """The datastore that a claim lies on; None where it has none, or it exists no more."""
    return datastore(disk, claim.view.datastore)


def waits(disk: Disk, claim: Claim) -> bool:
    """Whether a claim is bound only when the first pod that mounts it is placed."""
    datastore = of_claim(disk, claim)
    return claim.view.pending and datastore is not None and datastore.binding == "OnFirstUse"


def is_usable(disk: Disk, claim: Claim) -> bool:
    """Whether a pod that mounts the claim can start: it has its storage, or gets it for that pod."""
    return claim.view.bound or waits(disk, claim)


def is_being_made(disk: Disk, claim: Claim) -> bool:
    """Whether storage is being made for a claim now."""
    return claim.view.pending and (SELECTED_NODE in claim.meta.annotations or not waits(disk, claim))


def volume_mode(disk: Disk, datastore: Datastore) -> Literal["Filesystem", "Block"]:
    """A container mounts a file system; a machine takes what the datastore does best."""
    return "Filesystem" if disk.spec.content == "FileSystem" else datastore.volume_mode


def access_mode(disk: Disk, datastore: Datastore) -> str:
    """The widest that the datastore offers. What it offers is said of its own volume mode: in another, one node at a time."""
    if volume_mode(disk, datastore) != datastore.volume_mode:
        return "ReadWriteOnce"
    offered = datastore.access_modes
    return next((mode for mode in PREFERRED if mode in offered), offered[0])
