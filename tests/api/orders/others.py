"""What others do for a shop, played on a control plane without nodes: KubeVirt, CDI, the storage, and a node.

Their CRDs are here without their schemas. Kubernetes' own controllers are the real ones: Deployments, the scheduler, the binding and the
protection of claims, the garbage collector.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any, Final

from api.server import MERGE, Server

from cloud.api import condition
from vireo.api.resources import (
    ATTACHMENT,
    CDI,
    CLAIM,
    CLONE_SOURCE,
    IMPORT_SOURCE,
    KUBEVIRT,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    KUBEVIRT_MIGRATION,
    NODE,
    POD,
    SNAPSHOT,
    SNAPSHOT_CLASS,
    STORAGE_CLASS,
    Key,
    Resource,
)
from vireo.kinds.cluster import BRIDGE_RESOURCE

Object = dict[str, Any]
Found = dict[Key, Object]

VOLUME: Final = Resource("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
CRD: Final = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
THEIRS: Final = (
    KUBEVIRT,
    KUBEVIRT_MACHINE,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MIGRATION,
    CDI,
    IMPORT_SOURCE,
    CLONE_SOURCE,
    SNAPSHOT,
    SNAPSHOT_CLASS,
    ATTACHMENT,
)
WITH_STATUS: Final = frozenset({KUBEVIRT_MACHINE, SNAPSHOT})
"""Whose status is a subresource."""
PROTECTED: Final = "their.finalizers/end-in-order"
"""All that they end in an order of their own carries it: KubeVirt's machines and instances, snapshots."""
DRIVER: Final = "tests.vireo.dev"
PAUSE_SECONDS: Final = 0.2
BEAT_SECONDS: Final = 5.0


def crd(resource: Resource) -> Object:
    """The CRD of a kind of theirs, which takes everything."""
    version = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        **({"subresources": {"status": {}}} if resource in WITH_STATUS else {}),
    }
    return {
        "apiVersion": CRD.api_version,
        "kind": CRD.kind,
        "metadata": {"name": str(resource), "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
        "spec": {
            "group": resource.group,
            "names": {"kind": resource.kind, "plural": resource.plural, "singular": resource.kind.lower()},
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [version],
        },
    }


def parts(name: str) -> Iterator[tuple[Key, Object]]:
    """What makes the cluster one with KubeVirt, CDI and snapshots, the default datastore, and a node with the bridge."""
    deployed = {"phase": "Deployed", "observedKubeVirtVersion": "v1.8.2", "observedVersion": "1.65.0"}
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    yield Key(KUBEVIRT, "default", "kubevirt"), {"status": deployed}
    yield Key(CDI, "", "cdi"), {"status": deployed}
    yield Key(STORAGE_CLASS, "", name), {"metadata": {"annotations": default}, "provisioner": DRIVER}
    yield Key(SNAPSHOT_CLASS, "", name), {"driver": DRIVER, "deletionPolicy": "Delete"}
    yield Key(NODE, "", name), {}


@dataclass
class Others:
    """They look at all namespaces, and take one step for each object that waits for them, again and again."""

    server: Server
    node: str
    _ends: Event = field(default_factory=Event)

    def live(self) -> None:
        """Until `end`."""
        beaten = -BEAT_SECONDS
        while not self._ends.wait(PAUSE_SECONDS):
            if (now := time.monotonic()) >= beaten + BEAT_SECONDS:
                self._beat()
                beaten = now
            self._take_turns()

    def end(self) -> None:
        self._ends.set()

    def _take_turns(self) -> None:
        machines, instances, pods = (self._all(one) for one in (KUBEVIRT_MACHINE, KUBEVIRT_INSTANCE, POD))
        for key, machine in machines.items():
            self._machine(key, machine, Key(KUBEVIRT_INSTANCE, key.namespace, key.name) in instances)
        for key, instance in instances.items():
            self._instance(key, instance, pods.get(_launcher(key)))
        for key, pod in pods.items():
            self._pod(key, pod)
        claims, volumes = self._all(CLAIM), self._all(VOLUME)
        for key, claim in claims.items():
            if _volume(claim) not in volumes and not _ends(claim):
                self._provision(key, claim)
        for key, volume in volumes.items():
            if volume["status"].get("phase") == "Released":
                self.server.ask("DELETE", _path(key))
        for key, snapshot in self._all(SNAPSHOT).items():
            self._snapshot(key, snapshot)

    # virt-controller

    def _machine(self, key: Key, machine: Object, has_instance: bool) -> None:
        if _ends(machine):
            if has_instance:
                self.server.ask("DELETE", KUBEVIRT_INSTANCE.path(key.namespace, key.name))
            else:
                self._release(key)
        elif not _is_protected(machine):
            self._merge(key, {"metadata": {"finalizers": [PROTECTED]}})
        elif not has_instance and not machine.get("status", {}).get("runStrategy"):
            self._make(Key(KUBEVIRT_INSTANCE, key.namespace, key.name), _instance_of(machine))
            self._say(key, created=True, runStrategy=machine["spec"]["runStrategy"])

    def _instance(self, key: Key, instance: Object, pod: Object | None) -> None:
        phase = instance.get("status", {}).get("phase")
        if _ends(instance):
            if phase != "Succeeded":
                self._say(key, phase="Succeeded")
            elif pod:
                self.server.ask("DELETE", _path(_launcher(key)))
            else:
                self._release(key)
        elif pod is None:
            self._make(_launcher(key), _launcher_of(instance))
        elif phase != "Running" and pod["status"]["phase"] == "Running":
            self._say(key, phase="Running", nodeName=self.node)

    # the node

    def _pod(self, key: Key, pod: Object) -> None:
        """The kubelet's part of one that was placed."""
        if "nodeName" not in pod["spec"]:
            return
        if _ends(pod):
            self.server.ask("DELETE", _path(key), gracePeriodSeconds="0")
        elif condition(pod, "Ready").get("status") != "True":
            self._say(key, phase="Running", conditions=[{"type": "Ready", "status": "True"}])

    def _beat(self) -> None:
        """It has all that a shop asks for, and is there: one that falls silent is emptied."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        room = {"cpu": "100", "memory": "100Gi", "pods": "1000", f"{BRIDGE_RESOURCE}br-lan": "1000"}
        ready = {"type": "Ready", "status": "True", "reason": "Played", "lastHeartbeatTime": now}
        self._say(Key(NODE, "", self.node), capacity=room, allocatable=room, conditions=[ready])

    # the storage, with CDI

    def _provision(self, key: Key, claim: Object) -> None:
        """What CDI fills comes in the same way: in the end a volume for the claim."""
        meta, spec = claim["metadata"], claim["spec"]
        wanted = {
            "capacity": spec["resources"]["requests"],
            "accessModes": spec["accessModes"],
            "volumeMode": spec["volumeMode"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "csi": {"driver": DRIVER, "volumeHandle": meta["uid"]},
            "claimRef": {"namespace": key.namespace, "name": key.name, "uid": meta["uid"]},
        }
        annotations = {"pv.kubernetes.io/provisioned-by": DRIVER}
        self._make(_volume(claim), {"metadata": {"annotations": annotations}, "spec": wanted})

    def _snapshot(self, key: Key, snapshot: Object) -> None:
        if _ends(snapshot):
            self._release(key)
        elif not _is_protected(snapshot):
            self._merge(key, {"metadata": {"finalizers": [PROTECTED]}})
        elif "status" not in snapshot:
            self._say(key, readyToUse=True)

    # what they ask of the API server: an object that has gone meanwhile, or changed, is looked at again in the next turn

    def _all(self, resource: Resource) -> Found:
        items = self.server.must("GET", resource.path()).body["items"]
        return {Key(resource, one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in items}

    def _make(self, key: Key, body: Object) -> None:
        make(self.server, key, body)

    def _merge(self, key: Key, body: Object, subresource: str = "") -> None:
        answer = self.server.ask("PATCH", key.resource.path(key.namespace, key.name, subresource), body, MERGE)
        assert answer.code in {200, 404, 409, 422}, answer

    def _say(self, key: Key, **status: Any) -> None:
        theirs = key.resource in THEIRS and key.resource not in WITH_STATUS
        self._merge(key, {"status": status}, "" if theirs else "status")

    def _release(self, key: Key) -> None:
        self._merge(key, {"metadata": {"finalizers": None}})


def make(server: Server, key: Key, body: Object) -> None:
    """One of that name may be there already."""
    meta = {"name": key.name, **body.get("metadata", {})}
    head = {"apiVersion": key.resource.api_version, "kind": key.resource.kind, "metadata": meta}
    answer = server.ask("POST", key.resource.path(key.namespace), {**body, **head})
    assert answer.code in {201, 404, 409}, answer


def _path(key: Key) -> str:
    return key.resource.path(key.namespace, key.name)


def _ends(one: Object) -> bool:
    return "deletionTimestamp" in one["metadata"]


def _is_protected(one: Object) -> bool:
    return PROTECTED in one["metadata"].get("finalizers", ())


def _volume(claim: Object) -> Key:
    return Key(VOLUME, "", f"pvc-{claim['metadata']['uid']}")


def _launcher(instance: Key) -> Key:
    return Key(POD, instance.namespace, f"virt-launcher-{instance.name}")


def _instance_of(machine: Object) -> Object:
    meta = {"ownerReferences": [_reference(machine)], "finalizers": [PROTECTED]}
    return {"metadata": meta, "spec": machine["spec"]["template"]["spec"], "status": {"phase": "Scheduling"}}


def _launcher_of(instance: Object) -> Object:
    """The pod in which the guest runs, with its claims."""
    claims = [one for one in instance["spec"]["volumes"] if "persistentVolumeClaim" in one]
    spec = {"containers": [{"name": "compute", "image": "played"}], "volumes": claims}
    meta = {"labels": {"kubevirt.io": "virt-launcher"}, "ownerReferences": [_reference(instance)]}
    return {"metadata": meta, "spec": spec}


def _reference(owner: Object) -> Object:
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }
