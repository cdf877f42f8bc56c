"""The simulated nodes as objects."""

from cloud import storage
from cloud.api import Object
from cloud.simulated.labels import KWOK, METRICS, METRICS_PATH, SIMULATED, TAINT

CAPACITY = {
    "cpu": "32",
    "memory": "128Gi",
    "ephemeral-storage": "500Gi",
    "pods": "250",
    "devices.kubevirt.io/kvm": "1k",
    "devices.kubevirt.io/tun": "1k",
    "devices.kubevirt.io/vhost-net": "1k",
}
ZONES = ("a", "b", "c")
MACHINE_TYPES = ("q35", "pc-q35-10.0", "pc", "pc-i440fx-10.0")
CPU_MODELS = ("EPYC", "EPYC-Rome", "EPYC-Milan", "Nehalem", "Westmere")
HOST_MODEL = "EPYC"


def name(number: int) -> str:
    """The name of simulated node `number`, counted from 0."""
    return f"sim-{number}"


def node(number: int) -> Object:
    """Simulated node `number` as a kubelet would register it, with the labels of KubeVirt's node-labeller."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name(number),
            "annotations": annotations(number),
            "labels": _labels(number),
        },
        "spec": {"taints": [TAINT]},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }


def annotations(number: int) -> dict[str, str]:
    """Who plays its kubelet, and where what that measures is found."""
    return {KWOK: "simulated", METRICS: METRICS_PATH.format(name(number))}


def _labels(number: int) -> dict[str, str]:
    cpus = [f"{kind}.node.kubevirt.io/{model}" for kind in ("cpu-model", "cpu-model-migration") for model in CPU_MODELS]
    supported = [
        *(f"machine-type.node.kubevirt.io/{machine}" for machine in MACHINE_TYPES),
        *cpus,
        f"host-model-cpu.node.kubevirt.io/{HOST_MODEL}",
        "cpu-vendor.node.kubevirt.io/AMD",
        "kubevirt.io/schedulable",
    ]
    return {
        SIMULATED: "true",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name(number),
        "kubernetes.io/os": "linux",
        **storage.TOPOLOGY,  # what uses claims may be placed here: nobody asks for the bytes
        "node-role.kubernetes.io/simulated": "",
        "topology.kubernetes.io/region": "simulated",
        "topology.kubernetes.io/zone": f"simulated-{ZONES[number % len(ZONES)]}",
        "kubevirt.io/cpumanager": "false",
        "kubevirt.io/ksm-enabled": "false",
    } | dict.fromkeys(supported, "true")
