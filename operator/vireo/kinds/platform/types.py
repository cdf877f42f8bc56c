"""Platform: the types of its spec and status."""

from typing import Annotated, Literal

from pydantic import Field

from vireo.api.conditions import Condition
from vireo.api.schema import ListMap, Model, Name

Word = Annotated[str, Field(max_length=253)]
Words = Annotated[str, Field(max_length=63)]


class PlatformSpec(Model):
    """Nothing is asked of a platform: it is looked at."""


class Component(Model):
    """Something that Vireo drives, or that it can do more with."""

    name: Annotated[
        Literal[
            "KubeVirt", "LiveUpdate", "InstanceTypes", "MigrationNetwork", "Snapshots", "Metrics", "Import", "Networks"
        ],
        Field(
            description="KubeVirt, without which nothing goes. LiveUpdate: cores and memory reach a guest that runs. InstanceTypes: "
            "machines may name one, and a preference. MigrationNetwork: moves have a network of their own. Snapshots: of disks, by the CSI "
            "drivers. Metrics: the measured load of nodes. Import: of disks, by CDI. Networks: beside the pods' own, by Multus."
        ),
    ]
    state: Annotated[
        Literal["Supported", "Missing", "TooOld"], Field(description="Whether Vireo can drive what is there.")
    ]
    version: Annotated[Word, Field(description="The version that is deployed, where that is known.")] = ""
    message: Annotated[
        str | None,
        Field(description="What does not go without it, and the command that mends it.", max_length=1024),
    ] = None


class Datastore(Model):
    """A StorageClass as a place for disks."""

    name: Annotated[Name, Field(description="The StorageClass.")]
    default: Annotated[bool, Field(description="Whether disks that name no datastore go there.")] = False
    binding: Annotated[
        Literal["Immediate", "OnFirstUse"],
        Field(description="When a disk is made: at once, or when the first that uses it is placed on a node."),
    ] = "Immediate"
    expansion: Annotated[bool, Field(description="Whether its disks can grow.")] = False
    snapshot_class: Annotated[
        Name | None, Field(description="The VolumeSnapshotClass of its driver. Absent: its disks have no snapshots.")
    ] = None
    access_modes: Annotated[
        tuple[Words, ...],
        Field(
            description="The access modes of its claims, from the annotation vireo.dev/access-modes. Machines migrate "
            "between nodes only on disks with ReadWriteMany.",
            max_length=4,
        ),
    ] = ("ReadWriteOnce",)
    volume_mode: Annotated[
        Literal["Filesystem", "Block"],
        Field(description="The volume mode of its claims, from the annotation vireo.dev/volume-mode."),
    ] = "Filesystem"


class PlatformStatus(Model):
    """What this cluster can do."""

    observed_generation: Annotated[int, Field(description="The generation that this was said of.", ge=0)] = 0
    components: Annotated[
        tuple[Component, ...], Field(description="What Vireo drives.", max_length=16), ListMap("name")
    ] = ()
    datastores: Annotated[
        tuple[Datastore, ...],
        Field(
            description="The StorageClasses: the default one, then by name; of more than 256 the first.", max_length=256
        ),
        ListMap("name"),
    ] = ()
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()

    def component(self, name: str) -> Component | None:
        return next((one for one in self.components if one.name == name), None)

    def datastore(self, name: str) -> Datastore | None:
        """The datastore of that name; the default one where the name is empty."""
        return next((one for one in self.datastores if (one.name == name if name else one.default)), None)
