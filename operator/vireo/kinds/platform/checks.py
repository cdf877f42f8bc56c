"""Platform: why Vireo can not work here, as an ordered chain. The first violation is what is said."""

import re
from typing import Any

import msgspec

from vireo.api.conditions import Finding
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed
from vireo.api.resources import KUBEVIRT

OLDEST_KUBEVIRT = (1, 6)
"""The first in which a migration can name its node without pinning the machine to it (addedNodeSelector)."""


class KubeVirtStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What KubeVirt's operator says of its deployment."""

    phase: str = ""
    observed_kube_virt_version: str = ""


class Migrations(msgspec.Struct, frozen=True):
    """spec.configuration.migrations."""

    network: str = ""


class InstanceTypes(msgspec.Struct, frozen=True, rename="camel"):
    """spec.configuration.instancetype: what becomes of the name of an instance type in a machine."""

    reference_policy: str = "reference"


class Configuration(msgspec.Struct, frozen=True, rename="camel"):
    """spec.configuration."""

    instancetype: InstanceTypes = InstanceTypes()
    vm_rollout_strategy: str = "LiveUpdate"
    migrations: Migrations = Migrations()


class WorkloadUpdate(msgspec.Struct, frozen=True, rename="camel"):
    """spec.workloadUpdateStrategy."""

    workload_update_methods: tuple[str, ...] = ()


class KubeVirtSpec(msgspec.Struct, frozen=True, rename="camel"):
    """How KubeVirt is to be."""

    configuration: Configuration = Configuration()
    workload_update_strategy: WorkloadUpdate = WorkloadUpdate()


class KubeVirtView(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a KubeVirt object."""

    spec: KubeVirtSpec = KubeVirtSpec()
    status: KubeVirtStatus = KubeVirtStatus()


def kubevirt(observed: Observed[Any, Any]) -> Live[KubeVirtView] | None:
    """The KubeVirt of this cluster: one that was deployed, before one that is still on its way."""
    found = observed.all(KUBEVIRT)
    return next((one for one in found if _deployed(one)), found[0] if found else None)


def kubevirt_missing(observed: Observed[Any, Any]) -> Finding | None:
    if kubevirt(observed):
        return None
    return Finding(
        Reason.KUBEVIRT_MISSING,
        "KubeVirt is not installed: there is no KubeVirt object in this cluster. Install KubeVirt's operator and its "
        "KubeVirt object as https://kubevirt.io/user-guide says; Vireo goes on as soon as it is deployed.",
    )


def kubevirt_not_deployed(observed: Observed[Any, Any]) -> Finding | None:
    live = kubevirt(observed)
    if live is None or _deployed(live):
        return None
    return Finding(
        Reason.KUBEVIRT_MISSING,
        f"{live.key} is not deployed yet: its phase is {live.view.status.phase or 'unknown'}. If it stays so, see why: "
        f"kubectl describe {KUBEVIRT} {live.meta.name} -n {live.meta.namespace}.",
    )


def kubevirt_too_old(observed: Observed[Any, Any]) -> Finding | None:
    live = kubevirt(observed)
    version = live.view.status.observed_kube_virt_version if live else ""
    release = release_of(version)
    if live is None or release is None or release >= OLDEST_KUBEVIRT:
        return None
    oldest = ".".join(map(str, OLDEST_KUBEVIRT))
    return Finding(
        Reason.KUBEVIRT_TOO_OLD,
        f"{live.key} is {version}, and Vireo needs {oldest} or newer. Update KubeVirt's operator, one minor version "
        "after the other, as https://kubevirt.io/user-guide says.",
    )


CHAIN = (kubevirt_missing, kubevirt_not_deployed, kubevirt_too_old)


def why_not(observed: Observed[Any, Any]) -> Finding | None:
    """The first reason why Vireo can not work here."""
    return next((finding for check in CHAIN if (finding := check(observed))), None)


def release_of(version: str) -> tuple[int, int] | None:
    """Major and minor of v1.8.2 or 1.9.0-rc.1; None for what is no release, such as a build of one's own."""
    found = re.match(r"v?(\d+)\.(\d+)\.", version)
    return (int(found[1]), int(found[2])) if found else None


def _deployed(live: Live[KubeVirtView]) -> bool:
    """Also while it is being updated: what was deployed goes on working."""
    status = live.view.status
    return bool(status.observed_kube_virt_version) and status.phase not in {"Deleting", "Deleted"}
