"""A toy kind: what a new kind is, at its smallest. Its child is a ConfigMap; it shows what the machinery promises to every kind."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from pydantic import Field

from vireo.api.conditions import Condition, Finding, conditions, progress
from vireo.api.kind import Kind, Watch
from vireo.api.objects import Child, Live, Meta
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Observed, Outcome, Remembering, refusal
from vireo.api.resources import Key, Resource, own
from vireo.api.schema import Model

TOY: Final = own("Toy", "toys")
CONFIG_MAP: Final = Resource("", "v1", "configmaps", "ConfigMap")


class ToySpec(Model):
    text: Annotated[str, Field(description="Goes into the ConfigMap.")] = ""
    more: Annotated[str | None, Field(description="Goes into it too, while it is set.")] = None
    after: Annotated[str | None, Field(description="A toy that must exist first.")] = None
    over: Annotated[dict[str, Any] | None, Field(description="Merged into the ConfigMap.")] = None
    orderly: Annotated[bool, Field(description="Whether the child is deleted before the toy may go.")] = False


class ToyStatus(Remembering):
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    held: str | None = None
    """The toy that came first, until it is said that another does."""
    holders: tuple[str, ...] = ()
    """The toys that name this one."""


class ConfigMapView(msgspec.Struct):
    data: dict[str, str] = {}


def owner(live: Live[Any]) -> Key | None:
    found = live.meta.controller
    return Key(TOY, live.meta.namespace, found.name) if found and found.kind == "Toy" else None


def uses(meta: Meta, spec: ToySpec, status: ToyStatus) -> frozenset[Key]:
    return frozenset(Key(TOY, meta.namespace, one) for one in (spec.after, status.held) if one)


def missing(observed: Observed[ToySpec, ToyStatus]) -> Finding | None:
    if observed.spec.after is None:
        return None
    key = Key(TOY, observed.meta.namespace, observed.spec.after)
    return None if observed.uses[key] else Finding(Reason.DISK_MISSING, f"{key} does not exist. Create it.")


def desired(observed: Observed[ToySpec, ToyStatus]) -> Desired:
    if observed.deleting:
        left = observed.all(CONFIG_MAP) if observed.spec.orderly else ()
        return Desired(delete=left, finalizer=bool(left))
    if finding := missing(observed):
        return Desired(waiting=finding, finalizer=observed.spec.orderly)
    data = {"text": observed.spec.text, **({"more": observed.spec.more} if observed.spec.more else {})}
    manifest = {"metadata": {"name": observed.meta.name}, "data": data, **(observed.spec.over or {})}
    child = Child(CONFIG_MAP, manifest)
    return Desired(children=(child,), finalizer=observed.spec.orderly)


def status_of(observed: Observed[ToySpec, ToyStatus], wish: Desired, outcomes: tuple[Outcome, ...]) -> ToyStatus:
    failed = refusal(outcomes)
    said = progress(
        Finding(Reason.AS_SPECIFIED, "The ConfigMap is as the toy asks."),
        working=wish.waiting,
        stalled=failed.finding if failed else None,
    )
    now = conditions(observed.status.conditions, said, observed.meta.generation, observed.now)
    return ToyStatus(
        observed_generation=observed.meta.generation,
        conditions=now,
        held=observed.spec.after,
        holders=tuple(one.meta.name for one in observed.users),
    )


KIND: Final = Kind(
    resource=TOY,
    singular="toy",
    short_names=(),
    description="A toy.",
    spec=ToySpec,
    status=ToyStatus,
    columns=(),
    watches=(Watch(CONFIG_MAP, ConfigMapView, TOY, owner, selector="vireo.dev/managed"),),
    uses=uses,
    desired=desired,
    status_of=status_of,
)

_OPEN: Final[Mapping[str, Any]] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CRD: Final[Mapping[str, Any]] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "toys.vireo.dev"},
    "spec": {
        "group": TOY.group,
        "scope": "Namespaced",
        "names": {"plural": "toys", "singular": "toy", "kind": "Toy"},
        "versions": [
            {
                "name": TOY.version,
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _OPEN, "status": _OPEN}}},
            }
        ],
    },
}
