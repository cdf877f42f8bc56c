"""VirtualDisk: the types of its spec and status."""

from typing import Annotated, Literal

from pydantic import Field

from vireo.api.conditions import READY, Condition
from vireo.api.reasons import Reason
from vireo.api.schema import Image, ListMap, Model, Name, Quantity, Rule
from vireo.kinds.turns import ActingOperation

NOTHING_MADE = (Reason.DATASTORE_MISSING, Reason.FILLING_FAILED, Reason.PROVISIONING_FAILED, Reason.REFUSED)
NO_SHRINKING = Rule(
    "quantity(self.spec.size).compareTo(quantity(oldSelf.spec.size)) >= 0 || has(self.status) && ("
    "has(self.status.capacity) && isQuantity(self.status.capacity) && "
    "quantity(self.spec.size).compareTo(quantity(self.status.capacity)) >= 0 || "
    "has(self.status.sequence) && self.status.sequence == 0 && has(self.status.conditions) && self.status.conditions.exists(one, "
    f"one.type == '{READY}' && one.reason in {[reason.value for reason in NOTHING_MADE]}))",
    "a disk can not shrink: make a smaller one and copy what is to be kept",
    path="spec.size",
)
"""What was asked for and did not come may be taken back: a size that no datastore has would stay in the way for ever."""


FILLED_ONCE = Rule(
    "self.spec.source == oldSelf.spec.source || !has(self.status) || !has(self.status.sequence) || self.status.sequence == 0",
    "the disk has its first content: to begin from another source, make another disk",
    path="spec.source",
)
"""A URL that was mistyped is corrected as long as nothing came of it."""
IMAGES_ARE_FOR_MACHINES = Rule(
    "self.spec.content == 'MachineImage' || !has(self.spec.source.image)",
    "an image has a machine's disk in it: set spec.content to MachineImage, or name another source",
    path="spec.source",
)


class Blank(Model):
    """An empty disk."""


class Http(Model):
    """A file behind a URL."""

    url: Annotated[
        str,
        Field(
            description="Where it lies. A machine's disk may be raw or qcow2, and compressed with gzip or xz; a container's is a tar "
            "archive.",
            pattern=r"^https?://[^\s]+$",
            max_length=2048,
        ),
    ]
    checksum: Annotated[
        str | None,
        Field(
            description="What the file has to be, such as sha256:HEX; sha512 is known too. Absent: what comes is taken for it.",
            pattern=r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$",
            max_length=135,
        ),
    ] = None
    secret: Annotated[
        Name | None,
        Field(description="A Secret of this namespace with the user's name (accessKeyId) and password (secretKey)."),
    ] = None


class ContainerImage(Model):
    """A container image with a disk in it, as KubeVirt's containerDisks are."""

    image: Annotated[Image, Field(description="The image, best with its digest.")]
    secret: Annotated[
        Name | None,
        Field(description="A Secret of this namespace with the user's name (accessKeyId) and password (secretKey)."),
    ] = None


class OtherDisk(Model):
    """Another disk of the namespace."""

    name: Annotated[Name, Field(description="The VirtualDisk. It is copied while nothing uses it.")]


class Snapshot(Model):
    """A snapshot of a disk of the namespace."""

    name: Annotated[Name, Field(description="The VolumeSnapshot, of the datastore that this disk is made on.")]


class Source(Model):
    """Where the first content comes from: one of these."""

    blank: Annotated[Blank | None, Field(description="Nothing: the disk starts empty.")] = None
    http: Annotated[Http | None, Field(description="A file that is downloaded.")] = None
    image: Annotated[ContainerImage | None, Field(description="A disk in a container image.")] = None
    disk: Annotated[OtherDisk | None, Field(description="Another disk: this one starts as its copy.")] = None
    snapshot: Annotated[Snapshot | None, Field(description="A snapshot: the disk starts as what it holds.")] = None


SOURCES = tuple(Source.model_fields)


class Snapshots(Model):
    """Snapshots by schedule."""

    schedule: Annotated[
        str,
        Field(
            description="When one is taken, in UTC: minute, hour, day, month and weekday as in cron, such as 0 2 * * *; or @hourly, "
            "@daily, @weekly, @monthly.",
            pattern=r"^(@(hourly|daily|weekly|monthly)|[-0-9A-Za-z*/,#]+( [-0-9A-Za-z*/,#]+){4})$",
            max_length=100,
        ),
    ]
    keep: Annotated[
        int, Field(description="How many of them are kept: the newest. Those by hand are not counted.", ge=1, le=512)
    ]


class VirtualDiskSpec(Model):
    """A disk as it should be."""

    size: Annotated[
        Quantity,
        Field(
            description="How large the disk is, such as 20Gi. It can grow, also while it is used, and never shrinks below "
            "status.capacity."
        ),
        Rule(
            "quantity(self).compareTo(quantity('1Mi')) >= 0 && quantity(self).isLessThan(quantity('8Ei'))",
            "a disk has at least 1Mi and less than 8Ei",
        ),
    ]
    content: Annotated[
        Literal["MachineImage", "FileSystem"],
        Field(
            description="What lies on the disk: MachineImage, what a machine sees as a disk of its own; or FileSystem, "
            "which a container mounts."
        ),
        Rule("self == oldSelf", "the content of a disk can not be changed: make another disk"),
    ] = "MachineImage"
    datastore: Annotated[
        Name | None,
        Field(
            description="The StorageClass to make the disk on. Absent: the default one at the time it is made. A disk that is "
            "made does not move."
        ),
    ] = None
    binding: Annotated[
        Literal["Immediate", "OnFirstUse"] | None,
        Field(
            description="When the disk is made: Immediate, at once; or OnFirstUse, when the first machine names it, and, "
            "where the datastore waits for that, near the node where it is placed. Absent: as the datastore does it."
        ),
    ] = None
    source: Annotated[
        Source,
        Field(description="Where the first content comes from. It can be corrected until that is there."),
        Rule(
            f"[{', '.join(f'has(self.{one})' for one in SOURCES)}].filter(one, one).size() == 1",
            f"a disk has one source: {', '.join(SOURCES[:-1])} or {SOURCES[-1]}",
        ),
    ] = Source(blank=Blank())
    snapshots: Annotated[
        Snapshots | None,
        Field(description="Snapshots by schedule. Absent: none are taken, and those that are there stay."),
    ] = None
    deletion_policy: Annotated[
        Literal["Retain", "Delete"],
        Field(
            description="What becomes of the data when this object is deleted: Retain, the claim is left, for the next "
            "disk that adopts it; or Delete, it is deleted too."
        ),
    ] = "Retain"


class User(Model):
    """Something that uses the disk."""

    kind: Annotated[str, Field(description="Its kind.", max_length=63)]
    name: Annotated[Name, Field(description="Its name.")]


class Holder(Model):
    """The one that may attach the disk now."""

    kind: Annotated[str, Field(description="Its kind.", max_length=63)]
    name: Annotated[Name, Field(description="Its name.")]
    uid: Annotated[
        str, Field(description="Its UID: another object of the same name does not hold the disk.", max_length=63)
    ]
    released: Annotated[
        bool | None,
        Field(
            description="True: it neither names the disk nor has it attached. It may not attach it any more; the next one gets it in "
            "a moment."
        ),
    ] = None


class Restoring(ActingOperation):
    """The operation that sets the disk back, as long as it goes on."""

    alone: Annotated[
        bool | None,
        Field(
            description="True: nothing has the disk open. Absent: nobody opens it any more, and those who may have meanwhile are looked at "
            "once more."
        ),
    ] = None


class Filling(Model):
    """How far the first content is."""

    phase: Annotated[
        str | None,
        Field(description="The word of what fills the disk for where it is, where it says one.", max_length=63),
    ] = None
    progress: Annotated[
        int | None, Field(description="How much is there, in percent, where that is known.", ge=0, le=100)
    ] = None


class SnapshotsTaken(Model):
    """The snapshots by schedule."""

    ready: Annotated[int, Field(description="How many there are that a disk can be filled from.", ge=0)] = 0
    newest: Annotated[Name | None, Field(description="The VolumeSnapshot that was taken last.")] = None


class VirtualDiskStatus(Model):
    """A disk as it is."""

    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    claim: Annotated[
        Name | None, Field(description="The PersistentVolumeClaim to mount. Absent: the disk can not be used yet.")
    ] = None
    sequence: Annotated[
        int, Field(description="The number of the newest claim that held this disk's data; 0: there was none.", ge=0)
    ] = 0
    datastore: Annotated[Name | None, Field(description="The StorageClass that the disk lies on.")] = None
    capacity: Annotated[str | None, Field(description="How large the disk is now.", max_length=32)] = None
    filling: Annotated[
        Filling | None, Field(description="Present until the disk has the first content that its source gives.")
    ] = None
    snapshots: Annotated[
        SnapshotsTaken | None, Field(description="The snapshots by schedule. Absent: there are none.")
    ] = None
    used_by: Annotated[
        tuple[User, ...],
        Field(
            description="What names this disk in its spec, or has it attached still; of more than 128 the first.",
            max_length=128,
        ),
        ListMap("kind", "name"),
    ] = ()
    held_by: Annotated[
        Holder | None,
        Field(
            description="Of those that use the disk, the one that may attach it now. It stays so until it neither names the disk "
            "nor has it attached; then the one that exists longest is next."
        ),
    ] = None
    operation: Annotated[
        Restoring | None,
        Field(description="The operation that may set the disk back now. Until it has ended nobody attaches the disk."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()
