"""Real nodes: kubelet, containerd and kube-proxy, each node in namespaces, a root and a control group of its own.

Ask here: what a real node is made of, and what it needs of the machine; how one is cut off, killed and brought back.
"""

from cloud.nodes.node import Node, nodes
from cloud.nodes.power import node_down, node_up
from cloud.nodes.start import BINARIES, CNI_PLUGINS, deploy, launch

__all__ = ["BINARIES", "CNI_PLUGINS", "Node", "deploy", "launch", "node_down", "node_up", "nodes"]
