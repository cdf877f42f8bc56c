"""Multus in the cluster: its CRD and its rights, and the attachment that a machine's port goes through."""

import json
from collections.abc import Iterator

from cloud.api import Api, Object, documents
from cloud.build import artefact
from cloud.networks.node import BINDING, MARKER_USER, MULTUS_USER
from cloud.settings import Settings
from cloud.steps import Steps
from cloud.workloads import apply

CRD = "attachment-crd"
NAMESPACE = "kubevirt"
ADVICE = "`kubectl get crd network-attachment-definitions.k8s.cni.cncf.io` says why"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs what Multus on the nodes asks the API server for."""
    with steps.step("networks") as step:
        api = Api(settings)
        apply(api, step, (*_crds(steps), *_rights(), _namespace(), _binding()), ADVICE)


def _crds(steps: Steps) -> Iterator[Object]:
    """The definition of attachments, from the pinned module of their client."""
    for file in sorted(artefact(CRD, steps).glob("*.yaml")):
        yield from documents(file.read_text())


def _rights() -> Iterator[Object]:
    """What the manifests of Multus and of the bridge-marker give them."""
    attachments = [
        {"apiGroups": ["k8s.cni.cncf.io"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["pods", "pods/status"], "verbs": ["get", "update"]},
        {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
    ]
    nodes = [{"apiGroups": [""], "resources": ["nodes", "nodes/status"], "verbs": ["get", "patch"]}]
    yield from _may(MULTUS_USER, "multus", attachments)
    yield from _may(MARKER_USER, "bridge-marker", nodes)


def _may(user: str, role: str, rules: list[Object]) -> Iterator[Object]:
    api, metadata = "rbac.authorization.k8s.io", {"name": role}
    yield {"apiVersion": f"{api}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
    }


def _namespace() -> Object:
    """KubeVirt's own, which may not be there yet."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def _binding() -> Object:
    """What the network binding plugin (see cloud.kubevirt) has Multus call for each port of a machine."""
    config = {"cniVersion": "1.0.0", "name": BINDING, "type": "tap"}
    return {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": BINDING, "namespace": NAMESPACE},
        "spec": {"config": json.dumps(config)},
    }
