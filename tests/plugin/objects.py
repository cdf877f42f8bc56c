"""Objects as the API server gives them, as far as the plugin looks at them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vireo.api.resources import Resource
from vireo.plugin.reading import seen
from vireo.plugin.shown.glance import Seen

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BORN = "2026-01-01T11:00:00Z"

Object = dict[str, Any]


def condition(type_: str, status: str, reason: str = "", message: str = "", since: str = BORN) -> Object:
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


def glance(resource: Resource, name: str, status: Mapping[str, Any] | None = None, **meta: Any) -> Seen:
    """The object of that name, as it was looked at."""
    namespace = {"namespace": "shop"} if resource.namespaced else {}
    metadata = {"name": name, "uid": f"{resource}/{name}", "creationTimestamp": BORN, **namespace, **meta}
    return seen(resource, json.dumps({"metadata": metadata, "status": status or {}}).encode())


def ready(resource: Resource, name: str, reason: str = "AsSpecified") -> Seen:
    return glance(resource, name, {"conditions": [condition("Ready", "True", reason)]})


def unready(
    resource: Resource, name: str, reason: str, message: str = "", *, abnormal: str = "Reconciling", since: str = BORN
) -> Seen:
    said = [condition("Ready", "False", reason, message, since), condition(abnormal, "True", reason, message, since)]
    return glance(resource, name, {"conditions": said})


def owned(owner: Seen) -> Object:
    """The metadata of what that object controls."""
    resource, meta = owner.key.resource, owner.glance.metadata
    one = {"apiVersion": resource.api_version, "kind": resource.kind, "name": meta.name, "uid": meta.uid}
    return {"ownerReferences": [{**one, "controller": True}]}
