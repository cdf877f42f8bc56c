"""What Vireo can do here beside what KubeVirt alone gives it: each part Supported, or Missing with the command that mends it.

Which APIs a cluster serves is read from its APIServices: the API server makes one for each group and version, also of a CRD.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from vireo.api.objects import Live
from vireo.api.reconcile import Observed
from vireo.api.resources import API_SERVICE, CDI, SNAPSHOT_CLASS, STORAGE_CLASS
from vireo.kinds.platform.checks import kubevirt
from vireo.kinds.platform.datastores import datastores
from vireo.kinds.platform.types import Component, PlatformSpec, PlatformStatus

CDI_RELEASE: Final = "https://github.com/kubevirt/containerized-data-importer/releases/download/v1.65.0"
"""The one that Vireo was tested with."""

Platform = Observed[PlatformSpec, PlatformStatus]


class ServiceCondition(msgspec.Struct, frozen=True):
    """status.conditions[] of an APIService."""

    type: str
    status: str = ""


class ServiceStatus(msgspec.Struct, frozen=True):
    """Whether an API answers."""

    conditions: tuple[ServiceCondition, ...] = ()


class ServiceSpec(msgspec.Struct, frozen=True):
    """Which API it is."""

    group: str = ""


class ServiceView(msgspec.Struct, frozen=True):
    """What is read of an APIService."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()

    @property
    def answers(self) -> bool:
        return any((one.type, one.status) == ("Available", "True") for one in self.status.conditions)


class CdiStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What CDI's operator says of its deployment."""

    phase: str = ""
    observed_version: str = ""


class CdiView(msgspec.Struct, frozen=True):
    """What is read of a CDI object."""

    status: CdiStatus = CdiStatus()


def components(platform: Platform) -> tuple[Component, ...]:
    """All but KubeVirt itself."""
    return tuple(part(platform) for part in PARTS)


def _live_update(platform: Platform) -> Component:
    live = kubevirt(platform)
    spec = live.view.spec if live else None
    methods = spec.workload_update_strategy.workload_update_methods if spec else ()
    if spec and spec.configuration.vm_rollout_strategy == "LiveUpdate" and "LiveMigrate" in methods:
        return Component(name="LiveUpdate", state="Supported")
    patch = (
        '{"spec": {"configuration": {"vmRolloutStrategy": "LiveUpdate"}, '
        '"workloadUpdateStrategy": {"workloadUpdateMethods": ["LiveMigrate"]}}}'
    )
    return _missing(
        "LiveUpdate", f"Cores and memory that are added reach a guest at its next start. {_patch(platform, patch)}"
    )


def _instance_types(platform: Platform) -> Component:
    live = kubevirt(platform)
    policy = live.view.spec.configuration.instancetype.reference_policy if live else "reference"
    if policy == "reference":
        return Component(name="InstanceTypes", state="Supported")
    patch = '{"spec": {"configuration": {"instancetype": {"referencePolicy": "reference"}}}}'
    return _missing(
        "InstanceTypes",
        f"KubeVirt's referencePolicy is {policy}: it writes instance types and preferences into the machines that name them, and takes the "
        f"names out. Vireo would undo that again and again. Let the names stand: {_patch(platform, patch)}",
    )


def _migration_network(platform: Platform) -> Component:
    live = kubevirt(platform)
    if live and live.view.spec.configuration.migrations.network:
        return Component(name="MigrationNetwork", state="Supported")
    patch = '{"spec": {"configuration": {"migrations": {"network": "NAME"}}}}'
    return _missing(
        "MigrationNetwork",
        f"Machines move over the network of the pods. For one of their own, make a NetworkAttachmentDefinition NAME beside KubeVirt "
        f"and: {_patch(platform, patch)}",
    )


def _snapshots(platform: Platform) -> Component:
    if not _serves(platform, "snapshot.storage.k8s.io"):
        return _missing(
            "Snapshots",
            "Disks have no snapshots: the cluster does not serve snapshot.storage.k8s.io. Install the CRDs and the snapshot-controller of "
            "kubernetes-csi/external-snapshotter (kubectl apply -k), then a VolumeSnapshotClass for each driver.",
        )
    found = datastores(platform.all(STORAGE_CLASS), platform.all(SNAPSHOT_CLASS))
    if any(one.snapshot_class for one in found):
        return Component(name="Snapshots", state="Supported")
    return _missing(
        "Snapshots",
        "Disks have no snapshots: no VolumeSnapshotClass is of a datastore's driver. Make one, with the driver's name as in: kubectl get "
        "storageclass.",
    )


def _metrics(platform: Platform) -> Component:
    if any(one.view.spec.group == "metrics.k8s.io" and one.view.answers for one in platform.all(API_SERVICE)):
        return Component(name="Metrics", state="Supported")
    return _missing(
        "Metrics",
        "The load of nodes is not measured. Install metrics-server; if it is there, see why it is silent: kubectl describe apiservice "
        "v1beta1.metrics.k8s.io.",
    )


def _import(platform: Platform) -> Component:
    """One that is being updated works on: what is deployed goes on."""
    live: Live[CdiView] | None = platform.child(CDI)
    if live is None:
        return _missing(
            "Import",
            "Disks are not filled from URLs, images or other disks. Install CDI's operator (kubectl apply -f "
            f"{CDI_RELEASE}/cdi-operator.yaml), and then its CDI object in the same way: cdi-cr.yaml.",
        )
    status = live.view.status
    if not status.observed_version or status.phase in {"Deleting", "Deleted", "Error"}:
        return _missing(
            "Import",
            f"Disks are not filled from URLs, images or other disks: the phase of {live.key} is {status.phase or 'unknown'}. If it stays "
            f"so, see why: kubectl describe cdi {live.meta.name}.",
        )
    return Component(name="Import", state="Supported", version=status.observed_version[:253])


def _networks(platform: Platform) -> Component:
    if _serves(platform, "k8s.cni.cncf.io"):
        return Component(name="Networks", state="Supported")
    return _missing("Networks", "Machines have the network of the pods only. Install Multus, as its guide says.")


def _serves(platform: Platform, group: str) -> bool:
    return any(one.view.spec.group == group for one in platform.all(API_SERVICE))


def _missing(name: str, message: str) -> Component:
    return Component.model_validate({"name": name, "state": "Missing", "message": message})


def _patch(platform: Platform, patch: str) -> str:
    live = kubevirt(platform)
    name, namespace = (live.meta.name, live.meta.namespace) if live else ("kubevirt", "kubevirt")
    return f"kubectl patch kubevirt {name} -n {namespace} --type=merge -p '{patch}'"


PARTS: Final[tuple[Callable[[Platform], Component], ...]] = (
    _live_update,
    _instance_types,
    _migration_network,
    _snapshots,
    _metrics,
    _import,
    _networks,
)
