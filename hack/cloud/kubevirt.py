"""KubeVirt, installed by its own operator from the manifests that its own generators print."""

import json
from collections.abc import Sequence
from typing import Any

from cloud.api import Api, Object, condition
from cloud.networks.node import BINDING
from cloud.settings import Settings
from cloud.steps import NotYet, Steps
from cloud.workloads import apply, check_rolled_out, printed

NAMESPACE = "kubevirt"
PATH = f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/kubevirts/kubevirt"
IMAGES = ("virt-operator", "virt-api", "virt-controller", "virt-handler", "virt-launcher")
PARTS = ("deployments/virt-operator", "deployments/virt-api", "deployments/virt-controller", "daemonsets/virt-handler")
FEATURE_GATES = (
    "DeclarativeHotplugVolumes",  # disks of running machines through the machine's spec; HotplugVolumes would hide it
    "ExpandDisks",  # a machine that runs sees its grown disk
    "LiveUpdateNADRef",  # another network without a restart
    "Snapshot",
)
BINDING_PLUGIN = {
    "domainAttachmentType": "tap",
    "networkAttachmentDefinition": f"{NAMESPACE}/{BINDING}",
    "migration": {},
}
READY_SOON = {"readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 2}}  # instead of 15 s and 10 to 20 s
ADVICE = "`kubectl -n kubevirt get events,pods -o wide` says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps, tolerations: Sequence[Object] = ()) -> None:
    """Installs KubeVirt and returns when it is deployed with the wanted configuration.

    `tolerations` let its virt-handler onto nodes that ordinary work is kept off.
    """
    with steps.step("KubeVirt") as step:
        api = Api(settings)
        apply(api, step, (_namespace(), *operator(), kubevirt(tolerations)), ADVICE)
        step.wait("KubeVirt to be deployed", lambda: check_deployed(api), seconds=420, advice=ADVICE)


def kubevirt(tolerations: Sequence[Object] = ()) -> Object:
    """The KubeVirt object: software emulation, live updates by migration, one replica of each part."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "KubeVirt",
        "metadata": {
            "name": "kubevirt",
            "namespace": NAMESPACE,
            "annotations": {"kubevirt.io/latest-observed-api-version": "v1"},  # saves the operator a round of 5 s
        },
        "spec": {
            "imagePullPolicy": "IfNotPresent",
            "infra": {"replicas": 1},
            "workloads": {"nodePlacement": {"tolerations": list(tolerations)}},
            "workloadUpdateStrategy": {"workloadUpdateMethods": ["LiveMigrate"]},
            "configuration": {
                "imagePullPolicy": "IfNotPresent",
                "vmRolloutStrategy": "LiveUpdate",
                # What machines' ports are bound by on a kernel without `dummy` links (see cloud.networks).
                "network": {"binding": {BINDING: BINDING_PLUGIN}},
                "developerConfiguration": {"useEmulation": True, "featureGates": list(FEATURE_GATES)},
            },
            "customizeComponents": {
                "patches": [
                    _ready_soon("Deployment", "virt-api"),
                    _ready_soon("Deployment", "virt-controller"),
                    _ready_soon("DaemonSet", "virt-handler"),
                ]
            },
        },
    }


def check_deployed(api: Api) -> None:
    """Raises NotYet with what the operator waits for, until it has deployed the wanted generation."""
    found = api.get(PATH)
    if found is None:
        raise NotYet("the KubeVirt object")
    status = found.get("status", {})
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    available = condition(found, "Available").get("status") == "True"
    if status.get("phase") == "Deployed" and current and available:
        return
    raise NotYet(_what_is_missing(api) or f"virt-operator; phase {status.get('phase', 'none yet')}")


def _what_is_missing(api: Api) -> str:
    """The first part of KubeVirt, in the order of their roll-out, that is not there or not ready."""
    for path in PARTS:
        try:
            check_rolled_out(api, NAMESPACE, path)
        except NotYet as missing:
            return str(missing)
    return ""


def _namespace() -> Object:
    enforce = {"pod-security.kubernetes.io/enforce": "privileged"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": enforce}}


def operator() -> list[Object]:
    """The operator's own manifests, with a readiness check that looks at once."""
    manifests = printed("kubevirt-manifests", f"-namespace={NAMESPACE}", "-registry=registry.local", "-replicas=1")
    for manifest in manifests:
        manifest.pop("status", None)
        if manifest["kind"] == "Deployment":
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                container["readinessProbe"] |= READY_SOON["readinessProbe"]
    return manifests


def _ready_soon(kind: str, name: str) -> dict[str, Any]:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": name, **READY_SOON}]}}}}
    return {"resourceType": kind, "resourceName": name, "type": "strategic", "patch": json.dumps(patch)}
