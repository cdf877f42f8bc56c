"""event: which change of a status is worth an event, and the event itself. Pure. The reasons are those of the conditions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vireo.api.conditions import COMPLETE, READY, STALLED
from vireo.api.names import FIELD_MANAGER
from vireo.api.reconcile import Observed


def event(observed: Observed[Any, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """A Warning when the object stalls for a new reason, a Normal when it becomes Ready (an act: Complete) or is it for a new one."""
    stalled = _condition(after, STALLED)
    if stalled and stalled["status"] == "True":
        return None if _same(_condition(before, STALLED), stalled) else _event(observed, "Warning", stalled)
    for good in (READY, COMPLETE):
        found = _condition(after, good)
        if found and found["status"] == "True" and not _same(_condition(before, good), found):
            return _event(observed, "Normal", found)
    return None


def _condition(status: Mapping[str, Any], type_: str) -> Mapping[str, Any] | None:
    return next((one for one in status.get("conditions", ()) if one["type"] == type_), None)


def _same(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    said = ("status", "reason", "message")
    return before is not None and all(before.get(word) == after.get(word) for word in said)


def _event(observed: Observed[Any, Any], type_: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    key = observed.key
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": f"{key.name[:200]}-", "namespace": key.namespace or "default"},
        "type": type_,
        "reason": condition["reason"],
        "note": condition["message"][:1024],
        "action": "Reconcile",
        "eventTime": _micro(observed.now),
        "reportingController": f"{FIELD_MANAGER}.dev/operator",
        "reportingInstance": FIELD_MANAGER,
        "regarding": {
            "apiVersion": key.resource.api_version,
            "kind": key.resource.kind,
            "name": key.name,
            "uid": observed.meta.uid,
            **({"namespace": key.namespace} if key.namespace else {}),
        },
    }


def _micro(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
