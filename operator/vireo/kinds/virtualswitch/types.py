"""VirtualSwitch: the types of its spec and status."""

from typing import Annotated, Literal

from pydantic import Field

from vireo.api.conditions import Condition
from vireo.api.reconcile import Remembering
from vireo.api.schema import Label, ListMap, Model, Name, Rule

BRIDGE = "Bridge"
"""The binding that every KubeVirt has; others are plugins that its administrator registers."""

PORT_GROUPS_AT_MOST = 128
PORTS_AT_MOST = 2000
"""Of one switch: status.ports names each, and an object has about a megabyte."""

VlanId = Annotated[int, Field(ge=1, le=4094)]


NAME = Rule(
    "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    "it becomes part of a name that Multus reads, which takes no dots: small letters, digits and hyphens",
    path="metadata.name",
)


class Uplink(Model):
    """What the switch is connected to on each node."""

    bridge: Annotated[
        str,
        Field(
            description="A Linux bridge of this name, with the uplink among its ports. The administrator makes it on the nodes.",
            pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$",
            min_length=1,
            max_length=15,
        ),
    ]


class VlanRange(Model):
    """Some VLANs: one by its id, or all from one to another."""

    id: Annotated[VlanId | None, Field(description="One VLAN.")] = None
    from_: Annotated[VlanId | None, Field(description="The first of several.", alias="from")] = None
    to: Annotated[VlanId | None, Field(description="The last of several.")] = None

    @property
    def first(self) -> int:
        return self.id or self.from_ or 0

    @property
    def last(self) -> int:
        return self.id or self.to or 0


class Requirement(Model):
    """One condition on a namespace's labels."""

    key: Annotated[str, Field(description="The label.", min_length=1, max_length=317)]
    operator: Annotated[
        Literal["In", "NotIn", "Exists", "DoesNotExist"], Field(description="How its value is compared with `values`.")
    ]
    values: Annotated[
        tuple[Annotated[str, Field(max_length=63)], ...],
        Field(description="The values of In and NotIn.", max_length=64),
    ] = ()


class NamespaceSelector(Model):
    """A label selector, as everywhere in Kubernetes: all of it must be so; an empty one selects every namespace."""

    match_labels: Annotated[
        dict[str, Annotated[str, Field(max_length=63)]],
        Field(description="Labels and the values that they must have.", max_length=64),
    ] = Field(default_factory=dict)
    match_expressions: Annotated[
        tuple[
            Annotated[
                Requirement,
                Rule(
                    "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                    "In and NotIn need values, Exists and DoesNotExist have none",
                ),
            ],
            ...,
        ],
        Field(description="Conditions on labels.", max_length=16),
    ] = ()


class PortGroup(Model):
    """Ports that are alike."""

    name: Annotated[Label, Field(description="Its name in the switch.")]
    vlan: Annotated[
        VlanId | None,
        Field(
            description="The VLAN of its ports, which see untagged frames of it only. Without it and without allowedVlans its ports are "
            "in the bridge's own default VLAN."
        ),
    ] = None
    allowed_vlans: Annotated[
        tuple[
            Annotated[
                VlanRange,
                Rule(
                    "has(self.id) ? !has(self.from) && !has(self.to) : has(self.from) && has(self.to) && self.from <= self.to",
                    "name one VLAN by its id, or several by from and to, of which from is not the larger",
                ),
            ],
            ...,
        ],
        Field(description="The VLANs of a trunk: its ports see their frames tagged.", max_length=16),
    ] = ()
    native_vlan: Annotated[
        VlanId | None,
        Field(
            description="A trunk's own VLAN, in which its untagged frames are caught. No other port group of the switch may have it: they "
            "would hear them."
        ),
    ] = None
    ports: Annotated[
        int | None,
        Field(description="How many ports it has at most. Absent: as many as the switch.", ge=1, le=PORTS_AT_MOST),
    ] = None
    isolated: Annotated[
        bool,
        Field(
            description="Whether its ports are kept from each other on the same node. They reach the uplink, and ports that are not "
            "isolated."
        ),
    ] = False
    mac_spoof_check: Annotated[
        bool, Field(description="Whether a port may only send from the hardware address that it was given.")
    ] = True
    namespaces: Annotated[
        NamespaceSelector | None,
        Field(description="The namespaces that may use it, by their labels. Absent: none; {}: all."),
    ] = None


NATIVES = "self.filter(one, has(one.nativeVlan))"
SAME = "(has(other.nativeVlan) && other.nativeVlan == one.nativeVlan && other.name != one.name)"
SHARE_ONE = f"self.map(one, has(one.nativeVlan) && self.exists(other, {SAME}), one.name)"
"""The API server estimates what a message costs: a list that was mapped keeps the bounds of its items, one that was filtered does not."""
NATIVE_ONCE = Rule(
    f"{NATIVES}.all(one, {NATIVES}.exists_one(other, other.nativeVlan == one.nativeVlan))",
    "trunks with the same nativeVlan would hear each other's untagged frames; give each its own",
    named=f"{SHARE_ONE}[0] + ' and ' + {SHARE_ONE}[1]",
)
HAS_IT = (
    "(has(other.vlan) && other.vlan == one.nativeVlan || has(other.allowedVlans) && other.allowedVlans.exists(range, "
    "has(range.id) ? range.id == one.nativeVlan : has(range.from) && has(range.to) && "
    "one.nativeVlan >= range.from && one.nativeVlan <= range.to))"
)
NATIVE_NOWHERE_ELSE = Rule(
    f"{NATIVES}.all(one, !self.exists(other, {HAS_IT}))",
    "the nativeVlan of a trunk must be in no other port group and no allowedVlans; choose another one, or take it out there",
    named=f"self.map(one, has(one.nativeVlan) && self.exists(other, {HAS_IT}), one.name)[0] + ' and ' + "
    f"self.map(other, self.exists(one, has(one.nativeVlan) && {HAS_IT}), other.name)[0]",
)


class VirtualSwitchSpec(Model):
    """A switch as it should be."""

    uplink: Annotated[Uplink, Field(description="What it is connected to on each node.")]
    mtu: Annotated[
        int | None,
        Field(
            description="The largest frame that its ports send, in bytes. Absent: as the bridge has it.",
            ge=576,
            le=65520,
        ),
    ] = None
    ports: Annotated[int, Field(description="How many ports it has at most.", ge=1, le=PORTS_AT_MOST)] = 500
    nics_per_machine: Annotated[
        int,
        Field(description="How many ports one machine, or one pod of a workload, may have on it at most.", ge=1, le=32),
    ] = 8
    machine_binding: Annotated[
        str,
        Field(
            description="How a machine is bound to its port: Bridge, KubeVirt's own; or the name of a network binding plugin that is "
            "registered with KubeVirt.",
            pattern=r"^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$",
            max_length=63,
        ),
    ] = BRIDGE
    port_groups: Annotated[
        tuple[
            Annotated[
                PortGroup,
                Rule(
                    "!has(self.vlan) || !has(self.allowedVlans) && !has(self.nativeVlan)",
                    "a port group has one vlan, or it is a trunk with allowedVlans and a nativeVlan",
                ),
                Rule(
                    "has(self.allowedVlans) == has(self.nativeVlan)",
                    "a trunk needs both: the allowedVlans that are tagged, and a nativeVlan of its own that catches what is not",
                ),
            ],
            ...,
        ],
        Field(description="Its port groups.", max_length=PORT_GROUPS_AT_MOST),
        ListMap("name"),
        NATIVE_ONCE,
        NATIVE_NOWHERE_ELSE,
    ] = ()


class Port(Model):
    """Ports that something has."""

    kind: Annotated[str, Field(description="The kind of what has it.", max_length=63)]
    namespace: Annotated[Name, Field(description="Its namespace.")]
    name: Annotated[Name, Field(description="Its name.")]
    uid: Annotated[
        str, Field(description="Its UID: another object of the same name has not got the port.", max_length=63)
    ]
    network: Annotated[Label, Field(description="The name of the network in its spec.")]
    port_group: Annotated[Label, Field(description="The port group.")]
    count: Annotated[int, Field(description="How many: one for each pod that there may be at a time.", ge=1)] = 1


class PortGroupStatus(Model):
    """A port group as it is."""

    name: Annotated[Label, Field(description="Its name in the switch.")]
    used: Annotated[int, Field(description="How many of its ports are given out.", ge=0)]
    ports: Annotated[int, Field(description="How many it has at most.", ge=1)]
    namespaces: Annotated[int, Field(description="In how many namespaces it can be used.", ge=0)]


class VirtualSwitchStatus(Remembering):
    """A switch as it is."""

    observed_generation: Annotated[
        int, Field(description="The generation of the spec that this was said of.", ge=0)
    ] = 0
    used: Annotated[int, Field(description="How many of its ports are given out.", ge=0)] = 0
    hosts: Annotated[int, Field(description="On how many nodes its uplink was found.", ge=0)] = 0
    port_groups: Annotated[
        tuple[PortGroupStatus, ...],
        Field(description="Its port groups.", max_length=2 * PORT_GROUPS_AT_MOST),
        ListMap("name"),
    ] = ()
    ports: Annotated[
        tuple[Port, ...],
        Field(
            description="Who has a port, in the order in which they came. Whoever is not in it waits.",
            max_length=PORTS_AT_MOST,
        ),
        ListMap("kind", "namespace", "name", "network", "portGroup"),
    ] = ()
    conditions: Annotated[
        tuple[Condition, ...], Field(description="What is so, and why.", max_length=16), ListMap("type")
    ] = ()
