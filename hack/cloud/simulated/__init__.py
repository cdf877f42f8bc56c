"""The simulated nodes of the cloud: KWOK plays their kubelets, the player their virt-handlers and guests.

Everything simulated is labelled so, and ordinary work never lands there: a namespace asks for simulated nodes by the
annotations of `namespace_annotations()`. For virt-api to reach the player, the KubeVirt object must let virt-handler's
pods onto the nodes: spec.workloads.nodePlacement.tolerations must contain TOLERATION.

Ask here: how work gets onto simulated nodes, and how it is kept off; who plays the kubelet, virt-handler and the guest.
"""

from cloud.simulated.labels import TOLERATION, namespace_annotations
from cloud.simulated.power import node_down, node_up
from cloud.simulated.start import deploy

__all__ = ["TOLERATION", "deploy", "namespace_annotations", "node_down", "node_up"]
