"""Platform: names, columns and what is read for it."""

from typing import Any, Final

from vireo.api.kind import Column, Kind, Watch
from vireo.api.objects import Live
from vireo.api.resources import API_SERVICE, CDI, KUBEVIRT, PLATFORM, SNAPSHOT_CLASS, STORAGE_CLASS, Key
from vireo.kinds.platform.checks import KubeVirtView
from vireo.kinds.platform.components import CdiView, ServiceView
from vireo.kinds.platform.datastores import SnapshotClassView, StorageClassView
from vireo.kinds.platform.desired import desired
from vireo.kinds.platform.status import status_of
from vireo.kinds.platform.types import PlatformSpec, PlatformStatus

THE_PLATFORM: Final = Key(PLATFORM, "", "default")
"""The one Platform. Kinds that depend on what the cluster can do name it in their `uses`."""


def _the_platform(_: Live[Any]) -> Key:
    return THE_PLATFORM


KIND: Final = Kind(
    resource=PLATFORM,
    singular="platform",
    short_names=("vpf",),
    description="What this cluster can do for Vireo: the components that it drives and the datastores for disks, each with "
    "what is missing and how to mend it. Vireo makes the one object, named default.",
    spec=PlatformSpec,
    status=PlatformStatus,
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether Vireo can work here."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why, as one word."),
        Column("KubeVirt", "string", '.status.components[?(@.name=="KubeVirt")].version', "The version deployed."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column("Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, as a sentence.", wide=True),
    ),
    watches=(
        Watch(KUBEVIRT, KubeVirtView, parent=PLATFORM, owner=_the_platform),
        Watch(STORAGE_CLASS, StorageClassView, parent=PLATFORM, owner=_the_platform),
        Watch(SNAPSHOT_CLASS, SnapshotClassView, parent=PLATFORM, owner=_the_platform),
        Watch(CDI, CdiView, parent=PLATFORM, owner=_the_platform),
        Watch(API_SERVICE, ServiceView, parent=PLATFORM, owner=_the_platform),
    ),
    uses=lambda _meta, _spec, _status: frozenset(),
    heeds_users=False,
    desired=desired,
    status_of=status_of,
    ready_when="kubectl wait platform.vireo.dev/default --for=condition=Ready",
    singleton=THE_PLATFORM.name,
)
