"""plan: what to do, in an order that is safe to be cut after any step. Pure.

First the finalizer (nothing is made that could not be ended in order), then what is created or changed, then acts on what exists,
then what must go, and last the finalizer's release.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec

from vireo.api.names import ANNOTATION_DESIRED, API_VERSION, FINALIZER, LABEL_MANAGED
from vireo.api.objects import Child, Live
from vireo.api.reconcile import Apply, Create, Delete, Desired, Observed, Remembering, SetFinalizer, Step
from vireo.api.resources import Key

Applied = Mapping[Key, tuple[str, str]]
"""What was true after the last apply of each child: (hash of what was desired, footprint of what lived)."""


def finished(observed: Observed[Any, Any], desired: Desired) -> Desired:
    """What is desired, with all that every child carries: what the functions below compare and write."""
    return replace(desired, children=tuple(finish(observed, child) for child in desired.children))


def plan(observed: Observed[Any, Any], desired: Desired, applied: Applied) -> tuple[Step, ...]:
    """The steps from what is observed to what is desired (`finished`); none when it is so."""
    has = FINALIZER in observed.meta.finalizers
    take = desired.finalizer and not has and not observed.deleting
    return (
        *((SetFinalizer(True),) if take else ()),
        *(step for child in desired.children if (step := _make(observed, child, applied))),
        *desired.calls,
        *(Delete(live) for live in desired.delete if live.meta.deletion_timestamp is None),
        *((SetFinalizer(False),) if has and not desired.finalizer else ()),
    )


def recall(observed: Observed[Any, Any], desired: Desired, applied: Applied) -> Applied:
    """What the status proves of children of which nothing is remembered: that they are as the last apply of this very wish left them."""
    known = isinstance(observed.status, Remembering) and observed.status.applied
    if not known or all(child.key in applied for child in desired.children):
        return {}
    there = ((child, observed.live(child.key)) for child in desired.children)
    found = {child.key: (child.digest, footprint(child, live)) for child, live in there if live}
    return found if known == _hash(found) else {}


def remember(observed: Observed[Any, Any], desired: Desired, applied: Applied) -> str | None:
    """What the status is to say of the children, after the last step: as before, where something is still to be done."""
    keys = [child.key for child in desired.children]
    if keys and all(key in applied for key in keys):
        return _hash({key: applied[key] for key in keys})
    before: str | None = observed.status.applied
    return before


def _hash(applied: Applied) -> str:
    return sha256(msgspec.json.encode(sorted((str(key), *pair) for key, pair in applied.items()))).hexdigest()[:16]


def _make(observed: Observed[Any, Any], child: Child, applied: Applied) -> Step | None:
    live = observed.live(child.key)
    if live is None:
        return Create(child)
    if settled(child, live, applied) or live.meta.deletion_timestamp:
        return None
    return Apply(child, live)


def settled(child: Child, live: Live[Any], applied: Applied) -> bool:
    """Whether the last apply of this very wish left this very object (rule 5: neither subset nor equality would ever settle)."""
    return applied.get(child.key) == (child.digest, footprint(child, live))


def footprint(child: Child, live: Live[Any]) -> str:
    """A hash of the live object where it is ours to say: its fingerprint, and of its labels and annotations those of the wish.

    Others put finalizers, labels and annotations of their own beside ours at any time, and that is no reason to write.
    """
    wish = child.manifest["metadata"]
    labels = [live.meta.labels.get(name) for name in sorted(wish.get("labels", {}))]
    annotations = [live.meta.annotations.get(name) for name in sorted(wish.get("annotations", {}))]
    return sha256(msgspec.json.encode((live.fingerprint, labels, annotations))).hexdigest()[:16]


def finish(observed: Observed[Any, Any], child: Child) -> Child:
    """The child with what every child carries: the managed label, its owner (unless it holds data) and the hash of the wish."""
    wish = child.manifest
    meta: dict[str, Any] = dict(wish["metadata"])
    meta["labels"] = {LABEL_MANAGED: observed.key.resource.kind.lower(), **meta.get("labels", {})}
    meta["annotations"] = {**meta.get("annotations", {}), ANNOTATION_DESIRED: child.digest}
    if observed.key.namespace:
        meta["namespace"] = observed.key.namespace
    if child.owned:
        meta["ownerReferences"] = [_owner(observed)]
    head = {"apiVersion": child.resource.api_version, "kind": child.resource.kind}
    return Child(child.resource, {**head, **wish, "metadata": meta}, child.owned)


def _owner(observed: Observed[Any, Any]) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": observed.key.resource.kind,
        "name": observed.meta.name,
        "uid": observed.meta.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
