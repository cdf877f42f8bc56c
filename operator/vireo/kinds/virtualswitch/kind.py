"""VirtualSwitch: names, columns and what is read for it."""

from typing import Final

from vireo.api.kind import Column, Kind, Watch, controlled
from vireo.api.objects import Meta
from vireo.api.resources import ATTACHMENT, NAMESPACE, NODE, VIRTUAL_SWITCH, Key
from vireo.kinds.cluster import NamespaceView, NodeView
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.virtualswitch.desired import desired
from vireo.kinds.virtualswitch.ports import user_keys
from vireo.kinds.virtualswitch.status import status_of
from vireo.kinds.virtualswitch.types import NAME, VirtualSwitchSpec, VirtualSwitchStatus
from vireo.kinds.virtualswitch.views import AttachmentView


def uses(_: Meta, __: VirtualSwitchSpec, status: VirtualSwitchStatus) -> frozenset[Key]:
    """What the cluster can do; and who has a port, also when they do not name the switch any more."""
    return frozenset({THE_PLATFORM}) | user_keys(status)


KIND: Final = Kind(
    resource=VIRTUAL_SWITCH,
    singular="virtualswitch",
    short_names=("vsw",),
    description="A switch over a bridge that the nodes have, with port groups: each can be used in the namespaces that it names, and "
    "machines and containers there are attached to it.",
    spec=VirtualSwitchSpec,
    status=VirtualSwitchStatus,
    longest_name=63,
    rules=(NAME,),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether it is as the spec asks."),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', "Why, as one word."),
        Column("Uplink", "string", ".spec.uplink.bridge", "The bridge on the nodes."),
        Column("Hosts", "integer", ".status.hosts", "On how many nodes it was found."),
        Column("Used", "integer", ".status.used", "How many ports are given out."),
        Column("Ports", "integer", ".spec.ports", "How many it has."),
        Column("Age", "date", ".metadata.creationTimestamp", "Since when it exists."),
        Column("Message", "string", '.status.conditions[?(@.type=="Ready")].message', "Why, as a sentence.", wide=True),
    ),
    watches=(
        Watch(ATTACHMENT, AttachmentView, parent=VIRTUAL_SWITCH, owner=controlled(VIRTUAL_SWITCH)),
        Watch(NAMESPACE, NamespaceView),
        Watch(NODE, NodeView),
    ),
    around=frozenset({NAMESPACE, NODE}),
    uses=uses,
    desired=desired,
    status_of=status_of,
    ready_when="kubectl wait virtualswitch.vireo.dev/NAME --for=condition=Ready",
)
