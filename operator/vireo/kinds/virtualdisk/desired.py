"""VirtualDisk: the claim that should be, what of it is to be set right, and when it must go."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vireo.api.conditions import READY, Finding, condition, pause, unready_for
from vireo.api.names import (
    ANNOTATION_ADOPT,
    ANNOTATION_DESIRED,
    LABEL_DISK,
    LABEL_DISK_UID,
    LABEL_MANAGED,
    LABEL_SEQUENCE,
)
from vireo.api.objects import Child
from vireo.api.quantities import quantity
from vireo.api.reasons import Reason
from vireo.api.reconcile import Call, Desired
from vireo.api.resources import CLAIM, Key
from vireo.kinds.virtualdisk.checks import expansion_unsupported, grows, in_use, is_outdated, why_not
from vireo.kinds.virtualdisk.claims import RESIZE_ERRORS, RESIZE_ON_NODE, Claim
from vireo.kinds.virtualdisk.contents import data_source, left_over, to_ask_cdi
from vireo.kinds.virtualdisk.datastores import access_mode, chosen, is_being_made, volume_mode
from vireo.kinds.virtualdisk.filling import given_up, goes_on, trouble
from vireo.kinds.virtualdisk.series import Disk, Series, series
from vireo.kinds.virtualdisk.snapshots import next_due, of_this_disk, to_drop, to_take

TRYING: Final = frozenset({Reason.FILLING, Reason.FILLING_FAILED, Reason.PROVISIONING, Reason.PROVISIONING_FAILED})
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=5)
"""How long until warnings are looked for again."""


def desired(disk: Disk) -> Desired:
    """A claim holds data, so nothing but its metadata and its size is ever changed, each by one patch.

    What CDI is asked for comes first, and the claim when that is seen as it was stored.
    """
    found, waiting = series(disk), why_not(disk)
    if disk.deleting:
        return _end(disk, found, waiting)
    makes = not (found.current or found.adoptable or waiting)
    outdated = (found.current,) if found.current and is_outdated(disk, found.current) else ()
    return Desired(
        children=(to_ask_cdi(disk) or _claim(disk, found),) if makes else _due(disk),
        delete=(*outdated, *left_over(disk, found.current), *to_drop(disk)),
        calls=_calls(disk, found),
        finalizer=disk.spec.deletion_policy == "Delete" or in_use(disk) is not None,
        wake_at=_wake_at(disk),
        waiting=waiting,
    )


def puzzles(disk: Disk) -> tuple[Key, ...]:
    """The claim, while the storage should be doing something about it and the claim itself does not say why it does not."""
    claim = series(disk).current
    if claim is None or claim.meta.deletion_timestamp or disk.deleting:
        return ()
    made = not _says_itself(claim) and (is_being_made(disk, claim) or (claim.view.pending and _was_tried(disk)))
    grown = grows(disk, claim) and not claim.view.says(*RESIZE_ERRORS, RESIZE_ON_NODE)
    return (claim.key,) if made or grown else ()


def _says_itself(claim: Claim) -> bool:
    return bool(goes_on(claim) or trouble(claim) or given_up(claim))


def _was_tried(disk: Disk) -> bool:
    """Where a node's storage fails, the claim goes back to waiting for a node, and would look as if nobody had used it."""
    ready = condition(disk.status.conditions, READY)
    return ready is not None and ready.reason in TRYING


def _due(disk: Disk) -> tuple[Child, ...]:
    snapshot = to_take(disk)
    return (snapshot,) if snapshot else ()


def _end(disk: Disk, found: Series, waiting: Finding | None) -> Desired:
    """Used: not yet. Then, with Delete, the data goes, and the disk when it is gone; with Retain it keeps all it has."""
    if in_use(disk):
        return Desired(finalizer=True, waiting=waiting)
    going = (*of_this_disk(disk), *found.ours) if disk.spec.deletion_policy == "Delete" else ()
    return Desired(delete=going, finalizer=bool(going), waiting=waiting)


def _claim(disk: Disk, found: Series) -> Child:
    """A new claim. Bound is proven, so it has its number from the beginning: a blank one, and one that is filled before it is bound."""
    datastore, source = chosen(disk), data_source(disk)
    assert datastore is not None, "why_not says that there is one"
    spec = {
        "storageClassName": datastore.name,
        "accessModes": [access_mode(disk, datastore)],
        "volumeMode": volume_mode(disk, datastore),
        "resources": {"requests": {"storage": disk.spec.size}},
        **({"dataSourceRef": msgspec.to_builtins(source)} if source else {}),
    }
    meta = {"name": disk.meta.name, "namespace": disk.key.namespace, "labels": _labels(disk, found)}
    return Child(CLAIM, {"metadata": meta, "spec": spec}, owned=False)


def _calls(disk: Disk, found: Series) -> tuple[Call, ...]:
    if found.adoptable:
        return (_adopt(disk, found, found.adoptable),)
    claim = found.current
    if claim is None or claim.meta.deletion_timestamp or is_outdated(disk, claim):
        return ()
    wrong = _wrong_metadata(disk, found, claim)
    return (
        *((_patch("Relabel", claim, {"metadata": wrong}),) if wrong else ()),
        *((_resize(disk, claim),) if _asks_for_another_size(disk, claim) else ()),
    )


def _adopt(disk: Disk, found: Series, claim: Claim) -> Call:
    """With the request goes the permission: the next disk of the name has to ask again. It was not made for what we wish."""
    annotations = {name: None for name in (ANNOTATION_ADOPT, ANNOTATION_DESIRED) if name in claim.meta.annotations}
    metadata = {**_wrong_metadata(disk, found, claim), "annotations": annotations}
    return _patch("Adopt", claim, {"metadata": metadata})


def _asks_for_another_size(disk: Disk, claim: Claim) -> bool:
    """Less than was asked for, too: what did not come yet may be taken back, down to what is there."""
    asked = claim.view.request == quantity(disk.spec.size)
    return grows(disk, claim) and not asked and expansion_unsupported(disk, claim) is None


def _resize(disk: Disk, claim: Claim) -> Call:
    return _patch("Resize", claim, {"spec": {"resources": {"requests": {"storage": disk.spec.size}}}})


def _wrong_metadata(disk: Disk, found: Series, claim: Claim) -> dict[str, Any]:
    """A merge patch of what does not say whose the claim is: labels, and owners that could take it along."""
    labels = {LABEL_MANAGED: disk.key.resource.kind.lower(), **_labels(disk, found)}
    wrong = {name: value for name, value in labels.items() if claim.meta.labels.get(name) != value}
    return {
        **({"labels": wrong} if wrong else {}),
        **({"ownerReferences": None} if claim.meta.owner_references else {}),
    }


def _labels(disk: Disk, found: Series) -> dict[str, str]:
    return {LABEL_DISK: disk.meta.name, LABEL_DISK_UID: disk.meta.uid, LABEL_SEQUENCE: str(found.number)}


def _patch(name: str, claim: Claim, body: dict[str, Any]) -> Call:
    return Call(name, claim.key, body=body, patch=True, uid=claim.meta.uid)


def _wake_at(disk: Disk) -> datetime | None:
    """When the next snapshot is due. Events wake nobody, so they are looked for: soon at first, later the longer it lasts."""
    due = next_due(disk)
    if not puzzles(disk):
        return due
    look = disk.now + pause(unready_for(disk.status.conditions, disk.now), SOONEST, LATEST)
    return min(due, look) if due else look
