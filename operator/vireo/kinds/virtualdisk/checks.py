"""VirtualDisk: why it is not as its spec asks, as ordered chains. The first finding is what is said, and what stops."""

from collections.abc import Callable, Iterable
from typing import Final

from vireo.api.conditions import NAMED_AT_MOST, READY, Finding, condition, listed
from vireo.api.names import ANNOTATION_ADOPT, ANNOTATION_DESIRED, LABEL_DISK
from vireo.api.quantities import quantity
from vireo.api.reasons import Reason
from vireo.api.resources import Key
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk.claims import RESIZE_ERRORS, Claim
from vireo.kinds.virtualdisk.contents import data_source, told
from vireo.kinds.virtualdisk.datastores import chosen, is_being_made, is_usable, of_claim, waits
from vireo.kinds.virtualdisk.filling import given_up, is_tried_again, trouble, went_wrong
from vireo.kinds.virtualdisk.holder import holder
from vireo.kinds.virtualdisk.series import Disk, Series, series
from vireo.kinds.virtualdisk.snapshots import of_this_disk
from vireo.kinds.virtualdisk.sources import SOURCE_CHECKS

PROVISIONING_WARNING: Final = "ProvisioningFailed"
"""The reason of the events about a claim that the storage can not make; of one that is being filled there are others too."""
RESIZE_WARNINGS: Final = ("VolumeResizeFailed", "FileSystemResizeFailed")
"""Reasons of the events about a claim that did not grow, where nothing sets conditions that say so."""

WithoutClaim = Callable[[Disk, Series], Finding | None]
WithClaim = Callable[[Disk, Claim], Finding | None]


def why_not(disk: Disk) -> Finding | None:
    """The first reason why the disk is not as its spec asks; None if it is, or if the next step makes it so."""
    found = series(disk)
    if disk.deleting:
        return in_use(disk) or ending(disk, found)
    if found.current:
        return _first(check(disk, found.current) for check in WITH_CLAIM)
    return None if found.adoptable else _first(check(disk, found) for check in WITHOUT_CLAIM)


def in_use(disk: Disk) -> Finding | None:
    held, users = holder(disk), {str(user.key) for user in disk.users}
    if held:
        users.add(f"{held.kind} {disk.key.namespace}/{held.name}")
    if not users:
        return None
    return Finding(
        Reason.IN_USE,
        f"The disk is used by {listed(users)}, and is deleted when nothing uses it any more. Take it out of their spec, or "
        "delete them.",
    )


def ending(disk: Disk, found: Series) -> Finding:
    """With deletionPolicy Retain the data stays and the disk is gone at once; with Delete it goes first."""
    left = listed(str(one.key) for one in (*found.ours, *of_this_disk(disk)))
    if disk.spec.deletion_policy == "Retain" or not left:
        return Finding(Reason.DELETING, "The disk is being deleted.")
    return Finding(Reason.DELETING, f"{left}: being deleted with the data, as soon as no pod mounts it.")


def claim_lost(disk: Disk, found: Series) -> Finding | None:
    if not found.lost:
        return None
    return Finding(
        Reason.CLAIM_LOST,
        "The claim that held the data of this disk is gone, and no empty one is put in its place. If its volume is left (kubectl "
        f'get pv), make a claim for it, label that {LABEL_DISK}={disk.meta.name} and annotate it {ANNOTATION_ADOPT}="true"; else '
        "delete this disk and make it anew.",
    )


def claim_retained(disk: Disk, found: Series) -> Finding | None:
    claim = found.retained
    if claim is None:
        return None
    earlier = f"an earlier disk {disk.meta.name}"
    what = (
        f"was made for {earlier} and holds nothing yet" if claim.view.has_no_volume else f"holds the data of {earlier}"
    )
    return Finding(
        Reason.CLAIM_RETAINED,
        f"{claim.key} {what}: it is neither used nor covered up without being asked. To use it, annotate it "
        f'{ANNOTATION_ADOPT}="true"; to begin empty, give this disk another name or delete that claim.',
    )


def claim_foreign(_: Disk, found: Series) -> Finding | None:
    claim = found.foreign
    if claim is None:
        return None
    return Finding(
        Reason.FOREIGN_OBJECT,
        f"{claim.key} exists and was not made by Vireo, so it is left alone. Give this disk another name, delete that claim, or "
        f'let this disk take it: annotate it {ANNOTATION_ADOPT}="true".',
    )


def platform_unknown(disk: Disk, _: Series) -> Finding | None:
    if platform(disk):
        return None
    return Finding(
        Reason.RECONCILING, f"{THE_PLATFORM} has not been looked at yet; the disk is made as soon as it was."
    )


def datastore_missing(disk: Disk, _: Series) -> Finding | None:
    known, wanted = platform(disk), disk.spec.datastore
    if known is None or chosen(disk):
        return None
    names = ", ".join(sorted(one.name for one in known.datastores)[:NAMED_AT_MOST]) or "none"
    if wanted:
        message = (
            f"StorageClass {wanted} does not exist. Make it, or name one in spec.datastore that is there: {names}."
        )
    else:
        message = f"No StorageClass is the default. Make one so, or name one in spec.datastore that is there: {names}."
    return Finding(Reason.DATASTORE_MISSING, message)


def binding_unsupported(disk: Disk, _: Series) -> Finding | None:
    datastore = chosen(disk)
    if datastore is None or disk.spec.binding != "Immediate" or datastore.binding == "Immediate":
        return None
    return _never_at_once(datastore.name)


def not_used_yet(disk: Disk, _: Series) -> Finding | None:
    """A datastore that waits by itself gets its claim at once; for another we wait."""
    datastore = chosen(disk)
    if datastore is None or datastore.binding == "OnFirstUse":
        return None
    if disk.spec.binding != "OnFirstUse" or disk.users:
        return None
    return Finding(Reason.WAITING_FOR_FIRST_USE, "The disk is made when the first machine names it.")


def claim_ending(disk: Disk, claim: Claim) -> Finding | None:
    if not claim.meta.deletion_timestamp:
        return None
    if disk.status.sequence == 0:
        return Finding(Reason.RECONCILING, f"{claim.key}, with nothing on it, is being deleted; then it is made anew.")
    return Finding(
        Reason.CLAIM_LOST,
        f"{claim.key} was deleted by others, and is gone as soon as no pod mounts it; that can not be taken back. Copy the data "
        "while it is mounted.",
    )


def claim_outdated(disk: Disk, claim: Claim) -> Finding | None:
    if not is_outdated(disk, claim):
        return None
    return Finding(
        Reason.RECONCILING, f"{claim.key} never got its storage and is not what the spec asks for now: it is made anew."
    )


def is_outdated(disk: Disk, claim: Claim) -> bool:
    """Whether a claim is to be made anew: we made it, nothing can be on it, and it asks for too much or in the wrong place."""
    view = claim.view
    never_used = disk.status.sequence == 0 and view.has_no_volume and not is_usable(disk, claim)
    return never_used and _is_wrong(disk, claim) and ANNOTATION_DESIRED in claim.meta.annotations


def _is_wrong(disk: Disk, claim: Claim) -> bool:
    """What asks for less than the spec grows after it is bound; unless its content does not fit, and it never is."""
    view, size = claim.view, quantity(disk.spec.size)
    too_small = view.request < size and trouble(claim) != ""
    elsewhere = disk.spec.datastore not in {None, view.datastore}
    return view.request > size or too_small or elsewhere or view.spec.data_source_ref != data_source(disk)


def volume_lost(_: Disk, claim: Claim) -> Finding | None:
    if claim.view.bound or claim.view.pending:
        return None
    return Finding(
        Reason.CLAIM_LOST,
        f"The volume behind {claim.key} is gone: its phase is {claim.view.status.phase}. Bring the volume back, or delete this disk "
        "and that claim.",
    )


def datastore_fixed(disk: Disk, claim: Claim) -> Finding | None:
    wanted, has = disk.spec.datastore, claim.view.datastore
    if wanted in {None, has}:
        return None
    return Finding(
        Reason.DATASTORE_FIXED,
        f"The disk lies on StorageClass {has or '(none)'}, and spec.datastore names {wanted}: a disk does not move. "
        "Set it back, or make another disk and copy the data.",
    )


def checksum_mismatch(disk: Disk, claim: Claim) -> Finding | None:
    words = given_up(claim)
    if not claim.view.pending or not words:
        return None
    return Finding(
        Reason.CHECKSUM_MISMATCH,
        f"What came from {told(disk)} does not have the checksum of spec.source.http, so it is not used. Correct the URL or the "
        f"checksum; or, to try the same again, delete {claim.key}, which is empty. It says: {words}",
    )


def filling_failed(disk: Disk, claim: Claim) -> Finding | None:
    if not is_filling(claim):
        return None
    if is_tried_again(claim) and not trouble(claim) and (before := _failed_before(disk)):
        return before
    warning = went_wrong(claim, disk.warnings.get(claim.key, ""))
    words = trouble(claim) or ("" if warning.startswith(PROVISIONING_WARNING) else warning)
    if not words:
        return None
    return Finding(
        Reason.FILLING_FAILED,
        f"{claim.key} can not be filled from {told(disk)} now; it goes on trying. If it never can, correct spec.source, or raise spec.size "
        f"where that is too small. It says: {words}",
    )


def _failed_before(disk: Disk) -> Finding | None:
    """What was said last: a try of a second, every few minutes, does not change the word."""
    ready = condition(disk.status.conditions, READY)
    return Finding(Reason.FILLING_FAILED, ready.message) if ready and ready.reason == Reason.FILLING_FAILED else None


def is_filling(claim: Claim) -> bool:
    """Whether the claim still waits for its first content: when that is complete, it is bound."""
    return claim.view.pending and claim.view.spec.data_source_ref is not None


def provisioning_failed(disk: Disk, claim: Claim) -> Finding | None:
    words = went_wrong(claim, disk.warnings.get(claim.key, ""))
    if not claim.view.pending or not words:
        return None
    return Finding(
        Reason.PROVISIONING_FAILED,
        f"{claim.key} can not be made on StorageClass {claim.view.datastore} now; it goes on trying. It says: {words}",
    )


def provisioning(disk: Disk, claim: Claim) -> Finding | None:
    return being_made(disk, claim.key, claim.view.datastore) if is_being_made(disk, claim) else None


def being_made(disk: Disk, claim: Key, datastore: str) -> Finding:
    if data_source(disk):
        return Finding(
            Reason.FILLING, f"{claim} is being made on StorageClass {datastore}, and filled from {told(disk)}."
        )
    return Finding(Reason.PROVISIONING, f"{claim} is being made on StorageClass {datastore}.")


def waiting_for_first_use(disk: Disk, claim: Claim) -> Finding | None:
    if not waits(disk, claim):
        return None
    return Finding(
        Reason.WAITING_FOR_FIRST_USE,
        f"{claim.key} gets its storage when the first machine that uses it is placed on a node.",
    )


def claim_binding_unsupported(disk: Disk, claim: Claim) -> Finding | None:
    return _never_at_once(claim.view.datastore) if waits(disk, claim) and disk.spec.binding == "Immediate" else None


def shrink_unsupported(disk: Disk, claim: Claim) -> Finding | None:
    """Said of what the claim asks for: what the storage rounded up on top is no matter."""
    view = claim.view
    if quantity(disk.spec.size) >= view.request or grows(disk, claim):
        return None
    if view.bound and view.capacity < view.request:
        what = f"{claim.key} has {view.capacity_text} and asks for {view.request_text}, and spec.size is {disk.spec.size}: "
        advice = f"Kubernetes takes that back only down to more than it has. Set spec.size to a little more than {view.capacity_text}."
    else:
        what = f"{claim.key} is {view.request_text}, and spec.size is {disk.spec.size}: "
        advice = f"nothing shrinks a disk. Set spec.size to {view.request_text}, or make a smaller disk and copy what is to be kept."
    return Finding(Reason.SHRINK_UNSUPPORTED, what + advice)


def expansion_unsupported(disk: Disk, claim: Claim) -> Finding | None:
    datastore = of_claim(disk, claim)
    if not grows(disk, claim) or datastore is None or datastore.expansion:
        return None
    return Finding(
        Reason.EXPANSION_UNSUPPORTED,
        f"{claim.key} stays {claim.view.capacity_text}: StorageClass {datastore.name} has no allowVolumeExpansion. Set spec.size "
        f"back to {claim.view.capacity_text}, or make a larger disk and copy the data.",
    )


def expansion_failed(disk: Disk, claim: Claim) -> Finding | None:
    error, warning = claim.view.says(*RESIZE_ERRORS), disk.warnings.get(claim.key, "")
    words = error.message if error else warning if warning.startswith(RESIZE_WARNINGS) else ""
    if not grows(disk, claim) or not words:
        return None
    return Finding(
        Reason.EXPANSION_FAILED,
        f"{claim.key} can not grow from {claim.view.capacity_text} to {disk.spec.size} now; the storage goes on trying. If it "
        f"never can, set spec.size to less. It says: {words}",
    )


def waiting_for_next_use(disk: Disk, claim: Claim) -> Finding | None:
    if not grows(disk, claim) or in_use(disk) or not claim.view.has_grown_but_for_the_node(quantity(disk.spec.size)):
        return None
    return Finding(
        Reason.WAITING_FOR_NEXT_USE,
        f"{claim.key} grows from {claim.view.capacity_text} to {disk.spec.size} when it is mounted next: the node does the last part.",
    )


def expanding(disk: Disk, claim: Claim) -> Finding | None:
    if not grows(disk, claim):
        return None
    return Finding(Reason.EXPANDING, f"{claim.key} grows from {claim.view.capacity_text} to {disk.spec.size}.")


def grows(disk: Disk, claim: Claim) -> bool:
    """Whether there is less than the spec asks for. A claim can not be changed before it is bound."""
    return claim.view.bound and claim.view.capacity < quantity(disk.spec.size)


WITHOUT_CLAIM: Final[tuple[WithoutClaim, ...]] = (
    claim_lost,
    claim_retained,
    claim_foreign,
    platform_unknown,
    datastore_missing,
    binding_unsupported,
    not_used_yet,
    *SOURCE_CHECKS,
)

WITH_CLAIM: Final[tuple[WithClaim, ...]] = (
    claim_ending,
    claim_outdated,
    volume_lost,
    datastore_fixed,
    checksum_mismatch,
    filling_failed,
    provisioning_failed,
    provisioning,
    claim_binding_unsupported,
    waiting_for_first_use,
    shrink_unsupported,
    expansion_unsupported,
    expansion_failed,
    waiting_for_next_use,
    expanding,
)


def _never_at_once(datastore: str) -> Finding:
    return Finding(
        Reason.BINDING_UNSUPPORTED,
        f"StorageClass {datastore} makes disks at their first use only, and spec.binding is Immediate. Set it to OnFirstUse, or "
        "name a datastore that makes disks at once.",
    )


def _first(findings: Iterable[Finding | None]) -> Finding | None:
    return next((one for one in findings if one), None)
