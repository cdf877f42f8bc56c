"""Volumes without bytes, for machines on which no code runs: Kubernetes itself binds claims to them, and nobody mounts them."""

from cloud.api import Object

AT_ONCE, AT_FIRST_USE = "simulated", "simulated-first-use"
"""The datastores of them. Of the second there are none: its claims wait for their first use."""
NOWHERE = "/nonexistent"


def datastores() -> list[Object]:
    """Their StorageClasses."""
    return [_datastore(AT_ONCE, "Immediate"), _datastore(AT_FIRST_USE, "WaitForFirstConsumer")]


def volume(namespace: str, claim: str) -> Object:
    """A volume for the claim of that name, labelled with its namespace: it stays when the claim goes."""
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": AT_ONCE,
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": namespace, "name": claim},
        "hostPath": {"path": NOWHERE},
    }
    metadata = {"name": f"{namespace}-{claim}", "labels": {"claims-in": namespace}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def volumes_of(namespace: str) -> str:
    """The path of all volumes for claims of a namespace."""
    return f"/api/v1/persistentvolumes?labelSelector=claims-in={namespace}"


def _datastore(name: str, binding: str) -> Object:
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return {**head, "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": binding}
