"""VirtualMachine: the types of its spec and status."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from vireo.api.conditions import Condition
from vireo.api.learning import Lasted
from vireo.api.reconcile import Remembering
from vireo.api.schema import (
    Duration,
    Image,
    Label,
    ListMap,
    MicroTime,
    Model,
    Name,
    OpenModel,
    Quantity,
    Refused,
    Rule,
)
from vireo.kinds.overrides import LabelValue, Networked, Overridden, Overrides, Stored
from vireo.kinds.placement import USUAL, Sensitivity
from vireo.kinds.turns import ActingOperation

BOOT = "boot"
CLOUD_INIT = "cloudinit"
"""Names of volumes that are Vireo's own."""
POD_NETWORK = "pod"
"""The name of the network that a machine has which names no switch."""

ONE_USE = Rule(
    "!has(self.spec.bootDisk.disk) || !has(self.spec.disks) || "
    "!self.spec.disks.exists(one, one.disk == self.spec.bootDisk.disk)",
    "the boot disk is attached already: take it out of spec.disks",
    path="spec.disks",
)


class InstanceType(Model):
    """An instance type of KubeVirt."""

    name: Annotated[Name, Field(description="Its name.")]
    kind: Annotated[
        Literal["Cluster", "Namespaced"],
        Field(
            description="Cluster: a VirtualMachineClusterInstancetype; Namespaced: a VirtualMachineInstancetype of this namespace."
        ),
    ] = "Cluster"


class Preference(Model):
    """A preference of KubeVirt."""

    name: Annotated[Name, Field(description="Its name.")]
    kind: Annotated[
        Literal["Cluster", "Namespaced"],
        Field(
            description="Cluster: a VirtualMachineClusterPreference; Namespaced: a VirtualMachinePreference of this namespace."
        ),
    ] = "Cluster"


class Cpu(Model):
    """The processor that the guest sees."""

    cores: Annotated[
        int,
        Field(
            description="How many cores the guest has. More can be added while it runs, where KubeVirt rolls changes out live.",
            ge=1,
            le=512,
        ),
    ]
    model: Annotated[
        str | None,
        Field(
            description="The model of the processor, such as Haswell-noTSX. Absent: KubeVirt's default, which is the node's own.",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
            max_length=63,
        ),
    ] = None


class OverriddenDevices(OpenModel):
    """template.spec.domain.devices. Its disks are those that there are, since each needs a volume."""

    interfaces: Networked = None
    filesystems: Stored = None


class OverriddenDomain(OpenModel):
    """template.spec.domain."""

    devices: Annotated[OverriddenDevices | None, Field(description="The guest's devices.")] = None


class OverriddenGuest(Overridden):
    """template.spec."""

    domain: Annotated[OverriddenDomain | None, Field(description="The guest's hardware.")] = None
    networks: Networked = None
    utility_volumes: Stored = None
    start_strategy: Annotated[
        Any,
        Field(description="Refused: see spec.powerState."),
        Refused("string", "whether the guest runs or is paused is said in spec.powerState: take it out"),
    ] = None
    termination_grace_period_seconds: Annotated[
        Any,
        Field(description="Refused: see spec.gracePeriod."),
        Refused("integer", "how long a guest may take to shut down is said in spec.gracePeriod: take it out"),
    ] = None


class MachineOverrides(Overrides):
    """What is merged into the template of KubeVirt's machine."""

    spec: Annotated[OverriddenGuest | None, Field(description="What the template says of the guest.")] = None


class Hardware(Model):
    """How large the machine is and what it is made of."""

    instance_type: Annotated[InstanceType | None, Field(description="A size by name, in place of cpu and memory.")] = (
        None
    )
    preference: Annotated[
        Preference | None,
        Field(description="What suits the guest's operating system by name: buses, clock, features of the processor."),
    ] = None
    cpu: Annotated[Cpu | None, Field(description="The processor.")] = None
    memory: Annotated[
        Quantity | None,
        Field(
            description="How much memory the guest has, such as 4Gi. It can grow while it runs, where KubeVirt rolls changes out live."
        ),
        Rule(
            "quantity(self).compareTo(quantity('1Mi')) >= 0 && quantity(self).isLessThan(quantity('1Pi'))",
            "a machine has at least 1Mi and less than 1Pi of memory",
        ),
    ] = None
    overrides: Annotated[
        MachineOverrides | None,
        Field(
            description="What no field says: it is merged into the template of KubeVirt's machine, objects field by field, lists of "
            "named items by name, all else as a whole. Only those who may create and update KubeVirt's machines may write it, and with "
            "it change more of the spec than powerState."
        ),
    ] = None


class BootDisk(Model):
    """What the machine boots from."""

    disk: Annotated[Name | None, Field(description="A VirtualDisk of this namespace.")] = None
    image: Annotated[
        Image | None,
        Field(
            description="A container image with a disk in it. What the guest writes to it is thrown away when the machine stops."
        ),
    ] = None


class DataDisk(Model):
    """A further disk."""

    name: Annotated[
        Label,
        Field(
            description="Its name in this machine; the guest sees it as the disk's serial number, up to 20 characters."
        ),
        Rule(f"!(self in ['{BOOT}', '{CLOUD_INIT}'])", f"the names {BOOT} and {CLOUD_INIT} are taken: choose another"),
    ]
    disk: Annotated[Name, Field(description="A VirtualDisk of this namespace.")]


class Network(Model):
    """A port of a switch."""

    name: Annotated[
        Label,
        Field(description="Its name in this machine."),
        Rule(f"self != '{POD_NETWORK}'", f"the name {POD_NETWORK} is taken: choose another"),
    ]
    switch: Annotated[Label, Field(description="A VirtualSwitch.")]
    port_group: Annotated[Label, Field(description="A port group of it that this namespace may use.")]
    mac_address: Annotated[
        str | None,
        Field(
            description="The hardware address that the guest has there. Absent: one that is made for it, and stays.",
            pattern=r"^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$",
            max_length=17,
        ),
    ] = None


class Initialization(Model):
    """What the guest is told at its first boot."""

    cloud_init_secret: Annotated[
        Name,
        Field(
            description="A Secret of this namespace with cloud-init's user data under the key userdata. It is given to the guest as "
            "a small disk (NoCloud), so it must exist whenever the machine starts."
        ),
    ]


class SpreadSelector(Model):
    """Which machines are kept apart."""

    match_labels: Annotated[
        dict[str, LabelValue],
        Field(description="Labels that a machine has, and their values.", min_length=1, max_length=8),
    ]


class Spread(Model):
    """Machines that are kept apart."""

    label_selector: Annotated[
        SpreadSelector,
        Field(
            description="The machines with these labels, of those in this namespace that have the very same selector here."
        ),
    ]


class Placement(Model):
    """Where the machine runs, as far as that is not left to the scheduler."""

    host: Annotated[
        Name | None,
        Field(
            description="The one node that it runs on. It does not move from there, and is off while that node is. Absent: any that can."
        ),
    ] = None
    sensitivity: Sensitivity = USUAL
    spread: Annotated[
        tuple[Spread, ...],
        Field(
            description="Those that it keeps away from: as few of them on a node as can be. It starts all the same where that can not be. "
            "KubeVirt takes one for a machine.",
            max_length=1,
        ),
    ] = ()


class Availability(Model):
    """What happens when the machine loses its node."""

    on_host_failure: Annotated[
        Literal["Restart", "Stay"],
        Field(
            description="When the node of the machine fails or gives it up: Restart, it is started again on another; Stay, it is "
            "left off."
        ),
    ] = "Restart"


class VirtualMachineSpec(Model):
    """A machine as it should be."""

    ports_each: ClassVar[int] = 1
    """How many ports it takes of each network."""

    power_state: Annotated[
        Literal["Running", "Stopped", "Paused"],
        Field(
            description="Running; Stopped: the guest is shut down, and its disks let go of the node; or Paused: it keeps its memory "
            "and gets no processor time."
        ),
    ] = "Running"
    on_guest_shutdown: Annotated[
        Literal["Stay", "Restart"],
        Field(
            description="When the guest shuts itself down: Stay, it is left off until it is asked for again; or Restart, it is "
            "started at once."
        ),
    ] = "Stay"
    hardware: Annotated[
        Hardware,
        Field(description="How large the machine is and what it is made of."),
        Rule(
            "!has(self.instanceType) || !has(self.cpu) && !has(self.memory)",
            "an instance type brings cpu and memory: name either it or them",
            path="instanceType",
        ),
        Rule(
            "has(self.instanceType) || has(self.cpu) && has(self.memory)",
            "a machine needs an instanceType, or cpu and memory",
        ),
    ]
    boot_disk: Annotated[
        BootDisk,
        Field(description="What the machine boots from."),
        Rule("has(self.disk) != has(self.image)", "a machine boots from one thing: name a disk or an image"),
    ]
    disks: Annotated[
        tuple[DataDisk, ...],
        Field(description="Further disks.", max_length=32),
        ListMap("name"),
        Rule(
            "self.all(one, self.exists_one(other, other.disk == one.disk))",
            "a disk is attached once: name each disk once",
        ),
    ] = ()
    networks: Annotated[
        tuple[Network, ...],
        Field(
            description="The switch ports that it is attached to. None: it has the network of the pods, and that only then.",
            max_length=32,
        ),
        ListMap("name"),
    ] = ()
    initialization: Annotated[Initialization | None, Field(description="What the guest is told at its first boot.")] = (
        None
    )
    placement: Annotated[
        Placement, Field(description="Where the machine runs, as far as that is not left to the scheduler.")
    ] = Placement()
    availability: Annotated[Availability, Field(description="What happens when the machine loses its node.")] = (
        Availability()
    )
    grace_period: Annotated[
        Duration,
        Field(description="How long a guest may take to shut down before its power is cut."),
        Rule("duration(self) <= duration('24h')", "a grace period is at most 24h"),
    ] = timedelta(seconds=60)


class Address(Model):
    """An address of the guest."""

    network: Annotated[str, Field(description="The network; pod is the cluster's own.", max_length=63)]
    ip: Annotated[str, Field(description="The IP address.", max_length=63)]
    mac: Annotated[str | None, Field(description="The hardware address.", max_length=63)] = None


class Guest(Model):
    """What is known of the guest."""

    os: Annotated[str | None, Field(description="Its operating system, as its agent names it.", max_length=253)] = None
    agent: Annotated[
        Literal["Connected", "Disconnected"], Field(description="Whether the guest's agent (qemu-guest-agent) answers.")
    ] = "Disconnected"


class AttachedDisk(Model):
    """A disk that the machine has attached, or may attach at any moment."""

    name: Annotated[str, Field(description="Its name in the machine.", max_length=63)]
    disk: Annotated[Name, Field(description="The VirtualDisk.")]
    claim: Annotated[Name, Field(description="The PersistentVolumeClaim.")]


class AttachedNetwork(Model):
    """A switch port that the machine is attached to, or may be at any moment."""

    name: Annotated[str, Field(description="Its name in the machine.", max_length=63)]
    switch: Annotated[Name, Field(description="The VirtualSwitch.")]
    port_group: Annotated[str, Field(description="The port group.", max_length=63)]
    count: ClassVar[int] = 1


Until = Literal["Running", "Agent"]


class LastStart(Lasted):
    """The last start."""

    uid: Annotated[str, Field(description="The UID of the instance that it made.", max_length=63)]
    until: Annotated[
        Until,
        Field(
            description="What the start is counted to, from the making of the instance. Agent: the guest's agent answers. Running: the "
            "guest's processor runs, where no guest of the image was seen with an agent."
        ),
    ]


class LastStop(Lasted):
    """The last stop, from the order to shut down until the instance was gone."""

    uid: Annotated[str, Field(description="The UID of the instance that was stopped.", max_length=63)]
    start_time: Annotated[MicroTime, Field(description="When the guest was told to shut down.")]


class LastMigration(Lasted):
    """The last move, as long as memory was being copied."""

    uid: Annotated[str, Field(description="The UID of KubeVirt's migration.", max_length=63)]


Phase = Literal["Pending", "Starting", "Running", "Migrating", "Paused", "Stopping", "Stopped", "Failed", "Deleting"]


class VirtualMachineStatus(Remembering):
    """A machine as it is."""

    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    phase: Annotated[
        Phase | None, Field(description="What the machine does, as a word for people; programs read the conditions.")
    ] = None
    host: Annotated[Name | None, Field(description="The node that it runs on.")] = None
    addresses: Annotated[
        tuple[Address, ...],
        Field(description="The addresses of the guest; of more than 32 the first.", max_length=32),
        ListMap("network", "ip"),
    ] = ()
    guest: Annotated[Guest | None, Field(description="What is known of the guest, while it runs.")] = None
    networks: Annotated[
        tuple[AttachedNetwork, ...],
        Field(description="The switch ports that it is attached to, or may be at any moment.", max_length=64),
    ] = ()
    disks: Annotated[
        tuple[AttachedDisk, ...],
        Field(
            description="The disks that it has attached or may attach at any moment. Nobody else gets them before they are gone "
            "from here.",
            max_length=128,
        ),
        ListMap("claim"),
    ] = ()
    stopped: Annotated[
        bool | None,
        Field(
            description="True: the guest is off, and nothing starts it before the spec is changed. Only then is a disk of it set back."
        ),
    ] = None
    instance: Annotated[
        str | None,
        Field(
            description="The UID of the instance of KubeVirt that the last start made. Absent: a start is asked for and not seen yet, "
            "or the machine is to be stopped.",
            max_length=63,
        ),
    ] = None
    last_start: Annotated[
        LastStart | None, Field(description="The last start: what it took, and what was expected.")
    ] = None
    last_stop: Annotated[LastStop | None, Field(description="The last stop: what it took, and what was expected.")] = (
        None
    )
    last_migration: Annotated[
        LastMigration | None, Field(description="The last move: what it took, and what was expected.")
    ] = None
    operation: Annotated[
        ActingOperation | None,
        Field(description="The operation that may act on the machine now: one at a time, the oldest first."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()
