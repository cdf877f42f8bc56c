"""The names by which everything simulated says that it is, and what a namespace must say to be let in."""

import json

SIMULATED = "vireo.dev/simulated"  # label of the nodes and key of their taint; its value is "true"
DOWN = "vireo.dev/simulated-down"  # label of a simulated node that does not answer
BOOTED = "vireo.dev/simulated-booted"  # annotation: since when a node runs that was without power; seconds since 1970
CPU, MEMORY = "vireo.dev/simulated-cpu", "vireo.dev/simulated-memory"  # annotations of a pod: what it is to use there
KWOK = "kwok.x-k8s.io/node"  # annotation, with any value
METRICS = "metrics.k8s.io/resource-metrics-path"  # annotation: at which path metrics-server asks for what is used there
METRICS_PATH = "/nodes/{}/metrics/resource"

HANDLER, NODE = "simulated-virt-handler", "simulated-node"  # the player's two identities, by their certificates' files
KUBELETS = "simulated-kubelets"  # and the certificate that it shows to metrics-server

TAINT = {"key": SIMULATED, "value": "true", "effect": "NoSchedule"}
TOLERATION = {"key": SIMULATED, "operator": "Exists", "effect": "NoSchedule"}


def namespace_annotations() -> dict[str, str]:
    """Annotations of a namespace whose pods, and so whose machines, are to run on simulated nodes and nowhere else.

    They are read by the admission plugins PodNodeSelector and PodTolerationRestriction, so no workload has to know.
    """
    return {
        "scheduler.alpha.kubernetes.io/node-selector": f"{SIMULATED}=true",
        "scheduler.alpha.kubernetes.io/defaultTolerations": json.dumps([TOLERATION]),
    }
