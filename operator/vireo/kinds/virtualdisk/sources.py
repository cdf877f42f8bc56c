"""VirtualDisk: why it can not be filled from its source, before anything is made, as an ordered chain."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from vireo.api.conditions import Finding
from vireo.api.objects import Live, OwnView
from vireo.api.quantities import quantity
from vireo.api.reasons import Reason
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualdisk.contents import POPULATORS, asked_of_cdi, of_others, word
from vireo.kinds.virtualdisk.series import Disk, Series
from vireo.kinds.virtualdisk.views import ImportSourceView, SnapshotView


def import_missing(disk: Disk, _: Series) -> Finding | None:
    known = platform(disk)
    part = known.component("Import") if known else None
    if word(disk.spec.source) not in POPULATORS or part is None or part.state == "Supported":
        return None
    return Finding(
        Reason.IMPORT_MISSING,
        f"A disk is filled from {word(disk.spec.source)} by CDI. {part.message} The disk goes on as soon as it is there.",
    )


def source_missing(disk: Disk, _: Series) -> Finding | None:
    key = of_others(disk.key.namespace, disk.spec.source)
    if key is None or ((live := disk.uses.get(key)) and not live.meta.deletion_timestamp):
        return None
    what = "is being deleted" if live else "does not exist"
    return Finding(Reason.SOURCE_MISSING, f"{key} {what}. Make it, or correct spec.source.{word(disk.spec.source)}.")


def content_mismatch(disk: Disk, _: Series) -> Finding | None:
    other = _other_disk(disk)
    if other is None or other.view.invalid or other.view.spec.content == disk.spec.content:
        return None
    return Finding(
        Reason.SOURCE_CONTENT_MISMATCH,
        f"{other.key} has spec.content {other.view.spec.content}, and this disk {disk.spec.content}: the one can not be used as the other. "
        "Name another disk in spec.source.disk, or make this one anew with that content.",
    )


def source_not_ready(disk: Disk, _: Series) -> Finding | None:
    other, snapshot = _other_disk(disk), _snapshot(disk)
    if other and not (other.view.status.claim and other.view.status.capacity):
        return Finding(
            Reason.SOURCE_NOT_READY, f"{other.key} has no data yet: this disk is filled from it as soon as it has."
        )
    if snapshot and not snapshot.view.status.ready_to_use:
        words = snapshot.view.status.error.message
        more = f" It says: {words}" if words else ""
        return Finding(
            Reason.SOURCE_NOT_READY,
            f"{snapshot.key} is not ready yet: this disk is filled from it as soon as it is.{more}",
        )
    return None


def source_too_large(disk: Disk, _: Series) -> Finding | None:
    other, snapshot = _other_disk(disk), _snapshot(disk)
    has = other.view.status.capacity if other else snapshot.view.status.restore_size if snapshot else "0"
    if in_bytes(has) <= quantity(disk.spec.size):
        return None
    return Finding(
        Reason.SOURCE_TOO_LARGE,
        f"{of_others(disk.key.namespace, disk.spec.source)} has {has}, and spec.size is {disk.spec.size}: a disk is at least as large as "
        f"what it is filled from. Set spec.size to {has}.",
    )


def checksum_unsupported(disk: Disk, _: Series) -> Finding | None:
    http, asked = disk.spec.source.http, asked_of_cdi(disk)
    if http is None or http.checksum is None or asked is None:
        return None
    view: ImportSourceView = asked.view
    if view.spec.source.http.checksum == http.checksum:
        return None
    return Finding(
        Reason.CHECKSUM_UNSUPPORTED,
        "The CDI of this cluster does not know checksums, so nothing is imported: it would not be verified. Update CDI to 1.65 or newer, "
        f"then delete {asked.key}; or take spec.source.http.checksum out.",
    )


def _other_disk(disk: Disk) -> Live[OwnView] | None:
    key = of_others(disk.key.namespace, disk.spec.source)
    return disk.uses.get(key) if key and disk.spec.source.disk else None


def _snapshot(disk: Disk) -> Live[SnapshotView] | None:
    key = of_others(disk.key.namespace, disk.spec.source)
    return disk.uses.get(key) if key and disk.spec.source.snapshot else None


def in_bytes(text: str) -> Decimal:
    """0 for what is no quantity: others write it."""
    try:
        return quantity(text)
    except ValueError:
        return Decimal()


SOURCE_CHECKS: Final[tuple[Callable[[Disk, Series], Finding | None], ...]] = (
    import_missing,
    source_missing,
    content_mismatch,
    source_not_ready,
    source_too_large,
    checksum_unsupported,
)
