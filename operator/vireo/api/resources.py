"""Resource: a type at the API server. Key: one object of it. The types that Vireo reads or writes are listed here once.

Both are looked up in dictionaries and sorted all the time: msgspec compares them, and remembers their hash.
"""

from typing import Final

import msgspec

from vireo.api.names import GROUP, VERSION

SHARED_KINDS: Final = frozenset({"VirtualMachine"})
"""Kinds of Vireo that are KubeVirt's too."""


class Resource(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A resource type: its full coordinates, since `virtualmachines` exists in kubevirt.io too."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object of it, or of an object's subresource."""
        base = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        parts = [
            base,
            *(("namespaces", namespace) if self.namespaced and namespace else ()),
            self.plural,
            name,
            subresource,
        ]
        return "/".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Key(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Which object: all that an event carries to the queue."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        """In messages. Another group's object of a kind that Vireo has too is named with its group."""
        resource = self.resource
        shared = resource.group != GROUP and resource.kind in SHARED_KINDS
        kind = f"{resource.kind}.{resource.group}" if shared else resource.kind
        return f"{kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


def own(kind: str, plural: str, *, namespaced: bool = True) -> Resource:
    """A resource of Vireo's own group."""
    return Resource(GROUP, VERSION, plural, kind, namespaced)


VIRTUAL_MACHINE: Final = own("VirtualMachine", "virtualmachines")
VIRTUAL_DISK: Final = own("VirtualDisk", "virtualdisks")
VIRTUAL_SWITCH: Final = own("VirtualSwitch", "virtualswitches", namespaced=False)
CONTAINER_WORKLOAD: Final = own("ContainerWorkload", "containerworkloads")
OPERATION: Final = own("Operation", "operations")
PLATFORM: Final = own("Platform", "platforms", namespaced=False)
CALIBRATION: Final = own("Calibration", "calibrations", namespaced=False)

EVENT: Final = Resource("events.k8s.io", "v1", "events", "Event")
SECRET: Final = Resource("", "v1", "secrets", "Secret")
NODE: Final = Resource("", "v1", "nodes", "Node", namespaced=False)
NAMESPACE: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
POD: Final = Resource("", "v1", "pods", "Pod")
SERVICE: Final = Resource("", "v1", "services", "Service")
DEPLOYMENT: Final = Resource("apps", "v1", "deployments", "Deployment")
REPLICA_SET: Final = Resource("apps", "v1", "replicasets", "ReplicaSet")
STATEFUL_SET: Final = Resource("apps", "v1", "statefulsets", "StatefulSet")
JOB: Final = Resource("batch", "v1", "jobs", "Job")
CLAIM: Final = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
STORAGE_CLASS: Final = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
SNAPSHOT_CLASS: Final = Resource(
    "snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", "VolumeSnapshotClass", namespaced=False
)
SNAPSHOT: Final = Resource("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot")
CDI: Final = Resource("cdi.kubevirt.io", "v1beta1", "cdis", "CDI", namespaced=False)
IMPORT_SOURCE: Final = Resource("cdi.kubevirt.io", "v1beta1", "volumeimportsources", "VolumeImportSource")
CLONE_SOURCE: Final = Resource("cdi.kubevirt.io", "v1beta1", "volumeclonesources", "VolumeCloneSource")
ATTACHMENT: Final = Resource("k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition")
API_SERVICE: Final = Resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False)

KUBEVIRT: Final = Resource("kubevirt.io", "v1", "kubevirts", "KubeVirt")
KUBEVIRT_MACHINE: Final = Resource("kubevirt.io", "v1", "virtualmachines", "VirtualMachine")
KUBEVIRT_INSTANCE: Final = Resource("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance")
KUBEVIRT_MIGRATION: Final = Resource(
    "kubevirt.io", "v1", "virtualmachineinstancemigrations", "VirtualMachineInstanceMigration"
)
INSTANCE_SUBRESOURCES: Final = Resource(
    "subresources.kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance"
)
MACHINE_SUBRESOURCES: Final = Resource("subresources.kubevirt.io", "v1", "virtualmachines", "VirtualMachine")
INSTANCE_TYPE: Final = Resource(
    "instancetype.kubevirt.io", "v1beta1", "virtualmachineinstancetypes", "VirtualMachineInstancetype"
)
CLUSTER_INSTANCE_TYPE: Final = Resource(
    "instancetype.kubevirt.io",
    "v1beta1",
    "virtualmachineclusterinstancetypes",
    "VirtualMachineClusterInstancetype",
    namespaced=False,
)
PREFERENCE: Final = Resource(
    "instancetype.kubevirt.io", "v1beta1", "virtualmachinepreferences", "VirtualMachinePreference"
)
CLUSTER_PREFERENCE: Final = Resource(
    "instancetype.kubevirt.io",
    "v1beta1",
    "virtualmachineclusterpreferences",
    "VirtualMachineClusterPreference",
    namespaced=False,
)
