"""A real node: its name, addresses and folders, and the configuration of what runs on it. Pure."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import yaml

from cloud.build.images import REGISTRY
from cloud.networks import node as networks
from cloud.settings import DOMAIN, SHARED_ON_NODES, Settings

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
POD_NETWORK = "/etc/cni/net.d/10-pods.conflist"


@dataclass(frozen=True)
class Node:
    """Real node `number` of the cloud, counted from 1."""

    settings: Settings
    number: int

    @property
    def name(self) -> str:
        """The name of the Kubernetes node, of its process and of its folder."""
        return f"node-{self.number}"

    @property
    def address(self) -> IPv4Address:
        """The node's address on the bridge."""
        return self.settings.network.node(self.number)

    @property
    def pods(self) -> IPv4Network:
        """The addresses of its pods."""
        return self.settings.network.pods(self.number)

    @property
    def dir(self) -> Path:
        """Its folder on the host: etc, var, and the plan for its first process."""
        return self.settings.dir / "nodes" / self.name

    @property
    def cgroup(self) -> str:
        """The control group that holds the whole node."""
        return f"{self.settings.network.cgroup}/{self.name}"

    def log(self, service: str) -> Path:
        """The log of one of its services."""
        return self.settings.log / f"{self.name}-{service}.log"


def nodes(settings: Settings) -> list[Node]:
    """The cloud's real nodes."""
    return [Node(settings, number) for number in range(1, settings.real_nodes + 1)]


def files(node: Node) -> dict[str, str]:
    """The node's configuration files: path on the node, to content. Certificates and kubeconfigs come beside them."""
    return {
        "/etc/hostname": f"{node.name}\n",
        "/etc/hosts": f"127.0.0.1 localhost\n{node.address} {node.name}\n",
        "/etc/resolv.conf": "",  # the node itself asks for no names; its pods do, of the cluster
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "/etc/group": "root:x:0:\ntty:x:5:\ndisk:x:6:\nkvm:x:36:\nnogroup:x:65534:\n",
        "/etc/containerd/config.toml": containerd(),
        f"/etc/containerd/certs.d/{REGISTRY}/hosts.toml": registry_hosts(node.settings),
        networks.CONFIGURATION: networks.configuration(POD_NETWORK),
        POD_NETWORK: json.dumps(pod_network(node), indent=1),
        "/etc/kubernetes/kubelet.yaml": yaml.safe_dump(kubelet(node)),
        "/etc/kubernetes/kube-proxy.yaml": yaml.safe_dump(kube_proxy(node)),
    }


def commands(node: Node) -> dict[str, list[str]]:
    """How each service is started on the node."""
    return {
        "containerd": ["containerd", "--config=/etc/containerd/config.toml"],
        "kubelet": [
            "kubelet", "--config=/etc/kubernetes/kubelet.yaml", "--kubeconfig=/etc/kubernetes/kubelet.kubeconfig",
            f"--hostname-override={node.name}", f"--node-ip={node.address}", "--root-dir=/var/lib/kubelet",
        ],
        "kube-proxy": ["kube-proxy", "--config=/etc/kubernetes/kube-proxy.yaml"],
        "bridge-marker": ["bridge-marker", node.name],
    }  # fmt: skip


def containerd() -> str:
    """The configuration of containerd: Debian's runc, no systemd, images from the cloud's registry only."""
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  max_concurrent_downloads = 4
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{REGISTRY}/pause:1"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  device_ownership_from_security_context = true  # KubeVirt's machines open block volumes as user 107
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/opt/cni/bin"]
  conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    BinaryName = "/usr/sbin/runc"
    SystemdCgroup = false
"""


def registry_hosts(settings: Settings) -> str:
    """Where containerd finds images of the registry's name."""
    address = f"http://{settings.registry}"
    return f'server = "{address}"\n[host."{address}"]\n  capabilities = ["pull", "resolve"]\n'


def pod_network(node: Node) -> dict[str, Any]:
    """The pods' network: a bridge on each node, routed to the other nodes, not masqueraded."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni",  # forgotten when the node loses its power, as its pods are
            "ranges": [[{"subnet": str(node.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}


def kubelet(node: Node) -> dict[str, Any]:
    """The kubelet's configuration."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": "/etc/kubernetes/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": "/etc/kubernetes/kubelet.crt",
        "tlsPrivateKeyFile": "/etc/kubernetes/kubelet.key",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        # The machine's disk is shared by all nodes and much else: only its very end counts.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "serializeImagePulls": False,
        "syncFrequency": "10s",  # a volume that grew is looked at then, instead of after a minute
        "resolvConf": "/etc/resolv.conf",
        "clusterDNS": [str(node.settings.network.host)],
        "clusterDomain": DOMAIN,
    }


def kube_proxy(node: Node) -> dict[str, Any]:
    """The configuration of kube-proxy, which leaves the limits of connection tracking to the host that has them."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": "/etc/kubernetes/kube-proxy.kubeconfig"},
        "hostnameOverride": node.name,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "clusterCIDR": str(node.settings.network.all),
    }


def plan(node: Node, binaries: dict[str, Path], cni: dict[str, Path]) -> dict[str, Any]:
    """All that the node's first process needs to know (see init.py)."""
    network = node.settings.network
    others = [other for other in nodes(node.settings) if other != node]
    return {
        "name": node.name,
        "dir": str(node.dir),
        "cgroup": node.cgroup,
        "address": f"{node.address}/24",
        "routes": [[str(network.all), str(network.host)]] + [[str(other.pods), str(other.address)] for other in others],
        "segment": [networks.CABLE, networks.BRIDGE],
        "shared": [str(node.settings.shared), str(SHARED_ON_NODES)],
        "binaries": {f"/opt/vireo/bin/{name}": str(path) for name, path in binaries.items()}
        | {f"/opt/cni/bin/{name}": str(path) for name, path in cni.items()},
        "services": [
            {"name": name, "command": command, "log": str(node.log(name))} for name, command in commands(node).items()
        ],
    }
