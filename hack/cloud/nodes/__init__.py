"""Real nodes: kubelet, containerd and kube-proxy, each node in namespaces, a root and a control group of its own."""

from cloud.nodes.deploy import deploy
from cloud.nodes.needs import missing
from cloud.nodes.node import Node, nodes

__all__ = ["Node", "deploy", "missing", "nodes"]
