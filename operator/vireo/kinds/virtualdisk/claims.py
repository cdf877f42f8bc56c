"""What is read of a PersistentVolumeClaim."""

from decimal import Decimal
from typing import Final

import msgspec

from vireo.api.objects import Live
from vireo.api.quantities import quantity
from vireo.api.resources import CLAIM

SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
"""The scheduler's annotation: a claim that waited for its first use is being made for a pod on that node."""

CLONED_FOR: Final = "cdi.kubevirt.io/OwnedByUID"
"""CDI's label on what it makes on the way to a copy: the UID of the claim that is filled."""

RESIZE_ERRORS: Final = ("ControllerResizeError", "NodeResizeError")
"""Conditions of a claim that did not grow; the storage goes on trying."""
RESIZE_ON_NODE: Final = "FileSystemResizePending"
"""The condition of a claim that has grown but for the node, which does its part when the claim is mounted."""


class ClaimRequests(msgspec.Struct, frozen=True, rename="camel"):
    """spec.resources.requests."""

    storage: str = "0"


class ClaimResources(msgspec.Struct, frozen=True, rename="camel"):
    """spec.resources."""

    requests: ClaimRequests = ClaimRequests()


class DataSource(msgspec.Struct, frozen=True, rename="camel"):
    """spec.dataSourceRef: what fills a claim before it is bound."""

    kind: str
    name: str
    api_group: str = ""


class ClaimSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What a claim asks for."""

    storage_class_name: str = ""
    access_modes: tuple[str, ...] = ()
    volume_mode: str = "Filesystem"
    volume_name: str = ""
    resources: ClaimResources = ClaimResources()
    data_source_ref: DataSource | None = None


class ClaimCapacity(msgspec.Struct, frozen=True, rename="camel"):
    """status.capacity, status.allocatedResources."""

    storage: str = "0"


class ClaimCondition(msgspec.Struct, frozen=True, rename="camel"):
    """status.conditions[]."""

    type: str
    status: str = ""
    message: str = ""


class ClaimStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What a claim got."""

    phase: str = "Pending"
    capacity: ClaimCapacity = ClaimCapacity()
    allocated_resources: ClaimCapacity = ClaimCapacity()
    conditions: tuple[ClaimCondition, ...] = ()


class ClaimView(msgspec.Struct, frozen=True, rename="camel"):
    """A claim as a disk sees it."""

    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()

    @property
    def datastore(self) -> str:
        """The StorageClass; empty for a claim on a volume without one."""
        return self.spec.storage_class_name

    @property
    def bound(self) -> bool:
        return self.status.phase == "Bound"

    @property
    def pending(self) -> bool:
        return self.status.phase == "Pending"

    @property
    def has_no_volume(self) -> bool:
        """Whether no volume is behind it, nor on its way to it: nothing can be on it."""
        return self.pending and not self.spec.volume_name

    @property
    def request(self) -> Decimal:
        """How many bytes it asks for."""
        return quantity(self.spec.resources.requests.storage)

    @property
    def request_text(self) -> str:
        return self.spec.resources.requests.storage

    @property
    def capacity(self) -> Decimal:
        """How many bytes it has: what it asked for, rounded up by the storage; 0 before it is bound."""
        return quantity(self.status.capacity.storage)

    @property
    def capacity_text(self) -> str:
        return self.status.capacity.storage

    def has_grown_but_for_the_node(self, size: Decimal) -> bool:
        """Whether all is done that is done before the claim is mounted."""
        allocated = quantity(self.status.allocated_resources.storage)
        return self.says(RESIZE_ON_NODE) is not None and allocated >= size

    def says(self, *types: str) -> ClaimCondition | None:
        """The first condition of these types that holds."""
        return next((one for one in self.status.conditions if one.type in types and one.status == "True"), None)


Claim = Live[ClaimView]


def fills_another(claim: Claim) -> bool:
    """Whether CDI made it to fill another claim, which gets its volume in the end. It has the labels of that one, and is bound before."""
    owner = claim.meta.controller
    return CLONED_FOR in claim.meta.labels or (owner is not None and owner.kind == CLAIM.kind)
