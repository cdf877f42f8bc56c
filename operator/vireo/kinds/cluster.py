"""What is read of nodes and namespaces, whoever reads it: a resource has one projection."""

from typing import Final

import msgspec

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


class NamespaceView(msgspec.Struct, frozen=True):
    """A namespace: its labels and its end stand in the metadata."""
