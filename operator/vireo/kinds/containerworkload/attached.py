"""The disks and switch ports that a workload has attached, read from what lives: its controller, and all pods of its name.

What is named here is held (VirtualDisk's status.heldBy, VirtualSwitch's status.ports), so in doubt it is named: what was just written,
and what a controller that is there may make a pod of at any moment. Before it is let go, what lives is read anew (`lets_go`).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from vireo.api.names import FINALIZER
from vireo.api.objects import Manifest
from vireo.api.reconcile import Desired, Outcome, once, written
from vireo.api.resources import REPLICA_SET
from vireo.kinds.containerworkload.made import Controller, Workload, made, outcome, pods
from vireo.kinds.containerworkload.types import AttachedDisk, AttachedNetwork
from vireo.kinds.virtualdisk.use import disks_by_claim
from vireo.kinds.virtualswitch.attachments import attachment_name
from vireo.kinds.virtualswitch.use import known_networks

NETWORKS: Final = "k8s.v1.cni.cncf.io/networks"
"""On a pod: what Multus is to attach, as JSON."""

Names = tuple[str, str]
"""A disk's name in the workload and its claim; a network's name and its attachment."""


class Selection(msgspec.Struct, frozen=True):
    """An entry of the annotation: an attachment, and what the interface in the pod is called."""

    name: str
    interface: str = ""


def holds(workload: Workload) -> bool:
    """Whether disks or ports are attached, by what was said last."""
    return bool(workload.status.disks or workload.status.networks)


def left(workload: Workload) -> bool:
    """Whether there is anything that has a disk or a port, or may make a pod that has."""
    return bool(made(workload) or workload.all(REPLICA_SET) or pods(workload))


def is_stopped(workload: Workload) -> bool:
    """Whether it has no pods, and nothing makes one before its spec is changed: by what Kubernetes has heeded, not only been told."""
    if pods(workload) or not (outcome(workload) or workload.spec.replicas == 0):
        return False
    return all(one.view.heeded(one.meta) and one.view.has_none for one in _makers(workload))


def lets_go(workload: Workload) -> bool:
    """Whether a disk or port that is said to be attached is seen nowhere, or nothing is left of a workload that is being deleted."""
    ends = workload.deleting and FINALIZER in workload.meta.finalizers and not left(workload)
    claims, networks = set(_claims(workload)), _networks(workload)
    return (
        ends
        or any((one.name, one.claim) not in claims for one in workload.status.disks)
        or any(
            (one.name, attachment_name(one.switch, one.port_group)) not in networks for one in workload.status.networks
        )
    )


def attached_disks(workload: Workload, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[AttachedDisk, ...]:
    """status.disks: by claim, since a name may stand for one disk now and for another after the next roll-out."""
    disks = disks_by_claim(workload, (one.disk for one in workload.spec.disks))
    found = {claim: name for name, claim in (*_claims(workload), *_written_claims(desired, outcomes))}
    return tuple(
        AttachedDisk(name=name, disk=disks.get(claim, claim), claim=claim) for claim, name in sorted(found.items())
    )


def attached_networks(
    workload: Workload, desired: Desired, outcomes: tuple[Outcome, ...]
) -> tuple[AttachedNetwork, ...]:
    """status.networks, with how many pods have or may have each."""
    known, counts = known_networks(workload), dict(_networks(workload))
    for names in _written_networks(desired, outcomes):
        counts[names] = max(workload.spec.ports_each, counts.get(names, 0))
    found = sorted((*known[names], count) for names, count in counts.items() if names in known)
    return tuple(
        AttachedNetwork(name=name, switch=switch, port_group=group, count=count) for name, switch, group, count in found
    )


@once
def _claims(workload: Workload) -> tuple[Names, ...]:
    volumes = [volume for pod in pods(workload) for volume in pod.view.volumes]
    for live in _makers(workload):
        volumes += live.view.spec.template.spec.volumes
    found = ((volume.name, volume.claim) for volume in volumes if volume.claim)
    unseen = ((one.name, one.claim) for one in workload.status.disks if _is_unseen(workload))
    return (*found, *unseen)


@once
def _networks(workload: Workload) -> dict[Names, int]:
    """Each with how many pods have it, or may have it."""
    counts = Counter(names for pod in pods(workload) for names in _selected(pod.meta.annotations))
    for live in _makers(workload):
        most = max(1, live.view.spec.replicas + workload.spec.surge)
        for names in _selected(live.view.spec.template.metadata.annotations):
            counts[names] = max(most, counts[names])
    for one in workload.status.networks if _is_unseen(workload) else ():
        names = (one.name, attachment_name(one.switch, one.port_group))
        counts[names] = max(one.count, counts[names])
    return counts


def _makers(workload: Workload) -> Iterator[Controller]:
    """What may make a pod at any moment: the controller, and ReplicaSets, of which the older go on until they are told to have none."""
    live = made(workload)
    if live and not outcome(workload):
        yield live
    yield from (one for one in workload.all(REPLICA_SET) if one.view.spec.replicas or not one.view.heeded(one.meta))


def _is_unseen(workload: Workload) -> bool:
    """Whether Kubernetes may still act on an older spec of the controller than the one that is there."""
    live = made(workload)
    return live is not None and not outcome(workload) and not live.view.heeded(live.meta)


def _selected(annotations: dict[str, str]) -> list[Names]:
    """What somebody else wrote there in another form is not a port of ours."""
    try:
        found = msgspec.json.decode(annotations.get(NETWORKS, "[]"), type=list[Selection])
    except msgspec.DecodeError:
        return []
    return [(one.interface, one.name) for one in found]


def _written_claims(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[Names]:
    for template in _templates(desired, outcomes):
        for volume in template["spec"].get("volumes", ()):
            yield volume["name"], volume["persistentVolumeClaim"]["claimName"]


def _written_networks(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[Names]:
    for template in _templates(desired, outcomes):
        yield from _selected(template["metadata"].get("annotations", {}))


def _templates(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[Manifest]:
    for child in written(desired, outcomes):
        if "template" in child.manifest["spec"]:
            yield child.manifest["spec"]["template"]
