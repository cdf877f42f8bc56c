"""ContainerWorkload: the types of its spec and status."""

from typing import Annotated, Any, Literal

from pydantic import Field

from vireo.api.conditions import Condition
from vireo.api.reconcile import Remembering
from vireo.api.schema import Duration, Image, Label, ListMap, Model, Name, OpenModel, Refused, Rule
from vireo.kinds.overrides import NETWORKED, NOT_PLACED, PLACED, Overridden, Overrides, Stored
from vireo.kinds.placement import USUAL, Sensitivity

REPLICAS_AT_MOST = 1000

Word = Annotated[str, Field(max_length=4096)]
"""A word of a command."""
Words = Annotated[tuple[Word, ...], Field(max_length=64)]
PortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=15)]
Amount = Annotated[
    str,
    Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$", max_length=32),
]
"""A Kubernetes quantity, such as 250m or 256Mi."""
Amounts = Annotated[dict[str, Amount], Field(max_length=16)]


class KeyRef(Model):
    """A key of a Secret or ConfigMap."""

    name: Annotated[Name, Field(description="Its name, in this namespace.")]
    key: Annotated[str, Field(description="The key.", pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
    optional: Annotated[
        bool | None, Field(description="Whether the container starts without it too, with the variable unset.")
    ] = None


class ValueFrom(Model):
    """Where a value is read from."""

    secret_key_ref: Annotated[KeyRef | None, Field(description="A key of a Secret.")] = None
    config_map_key_ref: Annotated[KeyRef | None, Field(description="A key of a ConfigMap.")] = None


class Variable(Model):
    """A variable of the container's environment."""

    name: Annotated[
        str, Field(description="Its name.", pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$", min_length=1, max_length=253)
    ]
    value: Annotated[str | None, Field(description="Its value.", max_length=4096)] = None
    value_from: Annotated[
        ValueFrom | None,
        Field(description="Where its value is read from, when the container starts."),
        Rule("has(self.secretKeyRef) != has(self.configMapKeyRef)", "name one of secretKeyRef and configMapKeyRef"),
    ] = None


class Resources(Model):
    """What each pod is promised, and what it may take."""

    requests: Annotated[Amounts, Field(description="What a node must have free, such as cpu: 250m.")] = Field(
        default_factory=dict
    )
    limits: Annotated[Amounts, Field(description="What it may take at most, such as memory: 512Mi.")] = Field(
        default_factory=dict
    )


class Isolation(Model):
    """What keeps the container from its node."""

    profile: Annotated[
        Literal["Restricted", "Baseline", "Privileged"],
        Field(
            description="Restricted: as the Pod Security Standard of that name (not root, no privileges, the runtime's seccomp profile), "
            "and with a root file system that can not be written. Baseline: as the image wants it, without privileges. Privileged: it "
            "may do to the node what it likes."
        ),
    ] = "Restricted"
    runtime_class: Annotated[
        Name | None, Field(description="A RuntimeClass, such as kata. Absent: the nodes' usual one.")
    ] = None


class ContainerPort(Model):
    """A port that the container listens on, and that the Service of the workload's name has."""

    name: Annotated[PortName, Field(description="Its name.")]
    port: Annotated[int, Field(description="Its number.", ge=1, le=65535)]
    protocol: Annotated[Literal["TCP", "UDP", "SCTP"], Field(description="Its protocol.")] = "TCP"


class HttpGet(Model):
    """An HTTP request: well is whoever answers with a code from 200 to 399."""

    path: Annotated[str, Field(description="The path.", pattern=r"^/", max_length=1024)] = "/"
    port: Annotated[PortName, Field(description="The name of a port in spec.ports.")]


class TcpSocket(Model):
    """A connection: well is whoever takes it."""

    port: Annotated[PortName, Field(description="The name of a port in spec.ports.")]


class Exec(Model):
    """A command in the container: well is where it ends with 0."""

    command: Annotated[Words, Field(description="The command, which no shell sees.", min_length=1)]


class Probe(Model):
    """How a container is asked whether it is well."""

    http_get: Annotated[HttpGet | None, Field(description="By an HTTP request.")] = None
    tcp_socket: Annotated[TcpSocket | None, Field(description="By a connection.")] = None
    exec_: Annotated[Exec | None, Field(description="By a command.", alias="exec")] = None
    period: Annotated[
        Duration | None,
        Field(description="How often it is asked, in whole seconds. Absent: every 10s."),
        Rule("duration(self) >= duration('1s')", "a probe has a period of at least 1s"),
    ] = None
    timeout: Annotated[
        Duration | None,
        Field(description="How long an answer may take, in whole seconds. Absent: 1s."),
        Rule("duration(self) >= duration('1s')", "a probe has a timeout of at least 1s"),
    ] = None
    failures: Annotated[
        int | None, Field(description="After how many failures it counts as unwell. Absent: 3.", ge=1, le=1000)
    ] = None


ONE_WAY = Rule(
    "[has(self.httpGet), has(self.tcpSocket), has(self.exec)].filter(one, one).size() == 1",
    "a probe asks in one way: name one of httpGet, tcpSocket and exec",
)


class Probes(Model):
    """How a container is asked whether it is well."""

    ready: Annotated[
        Probe | None, Field(description="Whether it may be sent work, and a roll-out may go on."), ONE_WAY
    ] = None
    live: Annotated[Probe | None, Field(description="If it fails the container is started anew."), ONE_WAY] = None
    started: Annotated[
        Probe | None, Field(description="Until it succeeds once, the other two are not asked."), ONE_WAY
    ] = None


class Network(Model):
    """A port of a switch for each pod."""

    name: Annotated[
        Label,
        Field(description="Its name, and that of the network interface in the pods.", max_length=15),
        Rule("!(self in ['eth0', 'lo'])", "the names eth0 and lo are taken: choose another"),
    ]
    switch: Annotated[Label, Field(description="A VirtualSwitch.")]
    port_group: Annotated[Label, Field(description="A port group of it that this namespace may use.")]


class Disk(Model):
    """A disk that every pod mounts."""

    name: Annotated[Label, Field(description="Its name in this workload.")]
    disk: Annotated[Name, Field(description="A VirtualDisk of this namespace, with content FileSystem.")]
    mount_path: Annotated[
        str, Field(description="Where the container finds it.", pattern=r"^/[^:]*[^:/]$", max_length=1024)
    ]


class Predecessor(Model):
    """Something that must be Ready first; a Job is when it is complete."""

    kind: Annotated[Literal["VirtualMachine", "ContainerWorkload"], Field(description="Its kind.")]
    name: Annotated[Name, Field(description="Its name, in this namespace.")]


class Startup(Model):
    """When the workload is started."""

    after: Annotated[
        tuple[Predecessor, ...],
        Field(
            description="What must be Ready before the workload starts first. What runs goes on when one of them fails.",
            max_length=16,
        ),
        ListMap("kind", "name"),
    ] = ()


class Placement(Model):
    """How the pods are placed."""

    sensitivity: Sensitivity = USUAL


class OverriddenContainer(OpenModel):
    """A container of the pod template."""

    name: Annotated[Label, Field(description="Its name: main is the one of spec.image, others are added.")]
    volume_mounts: Stored = None
    volume_devices: Stored = None


OverriddenContainers = Annotated[tuple[OverriddenContainer, ...], Field(max_length=16), ListMap("name")]


class OverriddenPod(Overridden):
    """spec of the pod template."""

    containers: Annotated[OverriddenContainers | None, Field(description="The containers.")] = None
    init_containers: Annotated[OverriddenContainers | None, Field(description="Those that run first.")] = None
    node_name: Annotated[Any, Field(description=NOT_PLACED), Refused("string", PLACED)] = None
    host_network: Annotated[Any, Field(description="Refused: see spec.networks."), Refused("boolean", NETWORKED)] = None


class WorkloadOverrides(Overrides):
    """What is merged into the pod template."""

    spec: Annotated[OverriddenPod | None, Field(description="What the template says of the pod.")] = None


class ContainerWorkloadSpec(Model):
    """A workload as it should be."""

    workload: Annotated[
        Literal["Service", "Stateful", "Job"],
        Field(
            description="Service: pods that are alike, and replaced as they come (a Deployment); Stateful: pods that keep their names (a "
            "StatefulSet); Job: a pod that runs to its end, once."
        ),
        Rule("self == oldSelf", "a workload stays what it is: delete it, and make another"),
    ] = "Service"
    image: Annotated[Image, Field(description="The image of the container.")]
    command: Annotated[
        Words, Field(description="What is run in place of the image's entry point. No shell sees it.")
    ] = ()
    args: Annotated[Words, Field(description="What it is given in place of the image's arguments.")] = ()
    replicas: Annotated[
        int,
        Field(description="How many pods there are; kubectl scale sets it too.", ge=0, le=REPLICAS_AT_MOST),
    ] = 1
    env: Annotated[
        tuple[
            Annotated[
                Variable,
                Rule("has(self.value) != has(self.valueFrom)", "a variable has a value, or a valueFrom"),
            ],
            ...,
        ],
        Field(description="The container's environment. $(NAME) stands for a variable before.", max_length=128),
        ListMap("name"),
    ] = ()
    resources: Annotated[Resources, Field(description="What each pod is promised, and what it may take.")] = Resources()
    isolation: Annotated[Isolation, Field(description="What keeps the container from its node.")] = Isolation()
    ports: Annotated[
        tuple[ContainerPort, ...],
        Field(
            description="The ports that the container listens on. The Service of the workload's name has them; of a Stateful one it is "
            "headless, and each pod has the name POD.NAME there.",
            max_length=32,
        ),
        ListMap("name"),
        Rule(
            "self.all(one, self.exists_one(other, other.port == one.port && other.protocol == one.protocol))",
            "a port is named once: take the other name out",
        ),
    ] = ()
    probes: Annotated[
        Probes | None, Field(description="How the container is asked whether it is well. Absent: well is what runs.")
    ] = None
    networks: Annotated[
        tuple[Network, ...],
        Field(description="The switch ports that each pod has, beside the network of the pods.", max_length=32),
        ListMap("name"),
    ] = ()
    disks: Annotated[
        tuple[Disk, ...],
        Field(description="The disks that every pod mounts.", max_length=32),
        ListMap("name"),
        Rule(
            "self.all(one, self.exists_one(other, other.disk == one.disk))",
            "a disk is mounted once: name each disk once",
        ),
        Rule(
            "self.all(one, self.exists_one(other, other.mountPath == one.mountPath))",
            "one disk hides another: give each a mountPath of its own",
        ),
    ] = ()
    placement: Annotated[Placement, Field(description="How the pods are placed.")] = Placement()
    startup: Annotated[Startup, Field(description="When the workload is started.")] = Startup()
    overrides: Annotated[
        WorkloadOverrides | None,
        Field(
            description="What no field says: it is merged into the pod template, objects field by field, lists of named items by name, "
            "all else as a whole. Only those who may create and update what the workload becomes (the Deployment, StatefulSet or Job) "
            "may write it, and with it change more of the spec than replicas."
        ),
    ] = None

    @property
    def surge(self) -> int:
        """How many pods there may be more than replicas, while newer ones take the place of older ones."""
        return int(self.workload == "Service" and not self.disks)

    @property
    def ports_each(self) -> int:
        """How many ports it takes of each network: one for each pod that there may be at a time."""
        return max(1, self.replicas + self.surge)


class AttachedDisk(Model):
    """A disk that pods have mounted, or may mount at any moment."""

    name: Annotated[str, Field(description="Its name in the workload.", max_length=63)]
    disk: Annotated[Name, Field(description="The VirtualDisk.")]
    claim: Annotated[Name, Field(description="The PersistentVolumeClaim.")]


class AttachedNetwork(Model):
    """Switch ports that pods are attached to, or may be at any moment."""

    name: Annotated[str, Field(description="Its name in the workload.", max_length=63)]
    switch: Annotated[Name, Field(description="The VirtualSwitch.")]
    port_group: Annotated[str, Field(description="The port group.", max_length=63)]
    count: Annotated[int, Field(description="How many.", ge=1)]


Phase = Literal["Pending", "Starting", "Running", "Updating", "Stopped", "Completed", "Failed", "Deleting"]


class ContainerWorkloadStatus(Remembering):
    """A workload as it is."""

    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    phase: Annotated[
        Phase | None,
        Field(description="What the workload does, as a word for people; programs read the conditions."),
    ] = None
    replicas: Annotated[int, Field(description="How many pods there are.", ge=0)] = 0
    ready: Annotated[int, Field(description="How many of them are ready.", ge=0)] = 0
    selector: Annotated[
        str | None, Field(description="The pods' label, for kubectl scale and autoscalers.", max_length=128)
    ] = None
    networks: Annotated[
        tuple[AttachedNetwork, ...],
        Field(description="The switch ports that pods are attached to, or may be at any moment.", max_length=64),
    ] = ()
    disks: Annotated[
        tuple[AttachedDisk, ...],
        Field(
            description="The disks that pods have mounted or may mount at any moment. Nobody else gets them before they are gone here.",
            max_length=64,
        ),
        ListMap("claim"),
    ] = ()
    stopped: Annotated[
        bool | None,
        Field(
            description="True: it has no pods, and nothing makes one before the spec is changed. Only then is a disk of it set back."
        ),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()
