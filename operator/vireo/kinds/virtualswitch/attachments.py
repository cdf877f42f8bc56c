"""The NetworkAttachmentDefinition of a port group in a namespace: what Multus gives the CNI bridge plugin."""

import json
from typing import Any, Final

from vireo.api.objects import Child
from vireo.api.resources import ATTACHMENT
from vireo.kinds.cluster import BRIDGE_RESOURCE
from vireo.kinds.virtualswitch.types import PortGroup, VirtualSwitchSpec, VlanRange

CNI_VERSION: Final = "1.0.0"
RESOURCE_NAME: Final = "k8s.v1.cni.cncf.io/resourceName"
"""What a pod that uses the attachment must ask its node for; KubeVirt asks for it by itself."""


def attachment(switch: str, spec: VirtualSwitchSpec, group: PortGroup, namespace: str) -> Child:
    """Its config is one text for one spec, to the byte."""
    name = attachment_name(switch, group.name)
    config = json.dumps(_config(name, spec, group), separators=(",", ":"), sort_keys=True)
    annotations = {RESOURCE_NAME: BRIDGE_RESOURCE + spec.uplink.bridge}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return Child(ATTACHMENT, {"metadata": metadata, "spec": {"config": config}})


def attachment_name(switch: str, group: str) -> str:
    """Multus takes no dot and no slash in a name."""
    return f"{switch}-{group}"


def _config(name: str, spec: VirtualSwitchSpec, group: PortGroup) -> dict[str, Any]:
    return {
        "cniVersion": CNI_VERSION,
        "name": name,
        "type": "bridge",
        "bridge": spec.uplink.bridge,
        "ipam": {},
        "macspoofchk": group.mac_spoof_check,
        **({"mtu": spec.mtu} if spec.mtu else {}),
        **({"portIsolation": True} if group.isolated else {}),
        **_vlans(group),
    }


def _vlans(group: PortGroup) -> dict[str, Any]:
    """The default VLAN goes from a port that has one of its own. A trunk without `vlan` would keep it whatever is said."""
    if group.allowed_vlans:
        trunk = [_range(one) for one in group.allowed_vlans]
        return {"preserveDefaultVlan": False, "vlan": group.native_vlan, "vlanTrunk": trunk}
    return {"preserveDefaultVlan": False, "vlan": group.vlan} if group.vlan else {}


def _range(one: VlanRange) -> dict[str, int]:
    return {"id": one.id} if one.id else {"minID": one.first, "maxID": one.last}
