"""What is read of nodes and namespaces, whoever reads it: a resource has one projection. And how a node is named to a scheduler."""

from typing import Final

import msgspec

from vireo.api.objects import Live
from vireo.api.resources import NODE, Key

HOSTNAME: Final = "kubernetes.io/hostname"
"""The label that each node has to itself. Its value need not be the node's name."""
BRIDGE_RESOURCE: Final = "bridge.network.kubevirt.io/"
"""What KubeVirt's bridge-marker writes into a node's capacity for each bridge that it finds, with the bridge's name behind it."""


class NodeSpec(msgspec.Struct, frozen=True):
    """Whether work is placed on a node."""

    unschedulable: bool = False


class NodeStatus(msgspec.Struct, frozen=True):
    """What a node has to give."""

    allocatable: dict[str, str] = {}


class NodeView(msgspec.Struct, frozen=True):
    """A node."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    def has_bridge(self, name: str) -> bool:
        """Whether pods that ask for the bridge may be placed there."""
        return self.status.allocatable.get(BRIDGE_RESOURCE + name, "0") != "0"

    @property
    def is_marked(self) -> bool:
        """Whether the marker has found any bridge there."""
        return any(name.startswith(BRIDGE_RESOURCE) for name in self.status.allocatable)


def node_key(name: str) -> Key:
    return Key(NODE, "", name)


def only_on(name: str, node: Live[NodeView] | None) -> dict[str, str]:
    """The node selector that leaves the node of that name."""
    return {HOSTNAME: node.meta.labels.get(HOSTNAME, name) if node else name}


class NamespaceView(msgspec.Struct, frozen=True):
    """A namespace: its labels and its end stand in the metadata."""
