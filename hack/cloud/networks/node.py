"""A node's part: its bridge for switches, Multus' configuration, and the marker that says which bridges there are. Pure."""

import json
from pathlib import Path
from typing import Final

BRIDGE: Final = "br-lan"
"""The bridge of each real node that switches have as their uplink; the bridges of all nodes are one segment."""
CABLE: Final = "eth1"
"""The node's end of its cable to that segment, a port of the bridge."""
BINDING: Final = "tap"
"""The network binding plugin of machines: KubeVirt's bridge needs a `dummy` link, which this kind of kernel has not."""
MULTUS_USER: Final = "system:multus"
MARKER_USER: Final = "system:bridge-marker"
CONFIGURATION: Final = "/etc/cni/net.d/00-multus.conf"
KUBECONFIG: Final = "/etc/cni/multus.kubeconfig"
MARKER_KUBECONFIG: Final = "/etc/kubernetes/bridge-marker.kubeconfig"
MARKER: Final = Path(__file__).parent / "marker.sh"
"""The program on the node that says which bridges it has."""


def configuration(pods: str) -> str:
    """Multus before the pods' own network, whose configuration is the file `pods`."""
    wanted = {
        "cniVersion": "1.0.0",
        "name": "multus",
        "type": "multus",
        "kubeconfig": KUBECONFIG,
        "clusterNetwork": pods,
        "capabilities": {"portMappings": True},
    }
    return json.dumps(wanted, indent=1)
