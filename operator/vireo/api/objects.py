"""Objects as they were read: the metadata that every decision needs, and a view of only the fields that a kind asked for."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, TypeVar

import msgspec

from vireo.api.names import API_VERSION, FIELD_MANAGER
from vireo.api.resources import Key, Resource

View_co = TypeVar("View_co", covariant=True)


class OwnerReference(msgspec.Struct, frozen=True, rename="camel"):
    """metadata.ownerReferences[]."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False


class ManagedFields(msgspec.Struct, frozen=True, rename="camel"):
    """metadata.managedFields[], less the fields themselves."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""

    @property
    def ours(self) -> bool:
        """Whether the entry is what Vireo's own writes left, whatever their form."""
        return self.manager == FIELD_MANAGER and not self.subresource


class Meta(msgspec.Struct, frozen=True, rename="camel"):
    """The part of metadata that decisions use."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()
    managed_fields: tuple[ManagedFields, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        return next((owner for owner in self.owner_references if owner.controller), None)

    def controlled_by(self, uid: str) -> bool:
        owner = self.controller
        return owner is not None and owner.uid == uid and owner.api_version == API_VERSION

    @property
    def applied(self) -> bool:
        """Whether server-side apply already owns what we wrote (rule 4: before the first update the entry is turned)."""
        return any(entry.ours and entry.operation == "Apply" for entry in self.managed_fields)


@dataclass(frozen=True)
class Live(Generic[View_co]):
    """One object at the API server, projected: `view` holds the declared fields, `fingerprint` is a hash of all but status,
    and of the metadata that each writer has its own part of."""

    resource: Resource
    meta: Meta
    view: View_co
    fingerprint: str = ""

    @cached_property
    def key(self) -> Key:
        return Key(self.resource, self.meta.namespace, self.meta.name)


@dataclass(frozen=True)
class OwnView:
    """The view of an object of Vireo's own kinds: its spec and status as the kind's types."""

    spec: Any
    status: Any
    invalid: str = ""
    """Why the stored spec can not be read (then `spec` is None): it was written for another version of Vireo."""


Manifest = dict[str, Any]
"""An object to be written: plain JSON values."""


@dataclass(frozen=True)
class Child:
    """An object that Vireo wants: where it goes and what it says. The gate adds labels, owner and the desired-hash."""

    resource: Resource
    manifest: Manifest = field(hash=False)
    owned: bool = True
    """False for what holds data: no ownerReference, so the garbage collector can never delete it (rule 1)."""

    @cached_property
    def key(self) -> Key:
        meta = self.manifest["metadata"]
        return Key(self.resource, meta.get("namespace", ""), meta["name"])

    @cached_property
    def digest(self) -> str:
        """A hash of what is wanted; equal for equal wishes, whatever the order of keys."""
        return sha256(msgspec.json.encode(self.manifest, order="sorted")).hexdigest()[:16]
