"""The disks that a machine has attached, read from what lives: KubeVirt's machine, its instance, and the launcher pods.

What is named here is held (VirtualDisk's status.heldBy), so in doubt it is named: what was just written, what an instance that is
not seen yet may have, and a claim that no disk of the spec has. Before one is let go, what lives is read anew (`lets_go`).
"""

from collections.abc import Iterable, Iterator

from vireo.api.names import FINALIZER
from vireo.api.objects import Live
from vireo.api.reconcile import Desired, Outcome, once, written
from vireo.api.resources import KUBEVIRT_INSTANCE, Key
from vireo.kinds.pods import Volume
from vireo.kinds.virtualdisk.use import disks_by_claim
from vireo.kinds.virtualmachine.power import (
    Machine,
    Strategy,
    instance,
    launchers,
    made,
    restart_asked,
    stays_off,
    twin,
)
from vireo.kinds.virtualmachine.types import BOOT, AttachedDisk, VirtualMachineSpec
from vireo.kinds.virtualmachine.views import InstanceView, MachineView


def named_disks(spec: VirtualMachineSpec) -> tuple[tuple[str, str], ...]:
    """The disks of the spec as (name in the machine, VirtualDisk), the boot disk first."""
    boot = ((BOOT, spec.boot_disk.disk),) if spec.boot_disk.disk else ()
    return (*boot, *((one.name, one.disk) for one in spec.disks))


def attached(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[AttachedDisk, ...]:
    """status.disks: by claim, since a name may stand for one disk now and for another after the next start."""
    disks = disks_by_claim(machine, (disk for _, disk in named_disks(machine.spec)))
    found = {claim: name for name, claim in (*_live(machine), *_written(desired, outcomes))}
    believed = {one.claim: one.name for one in machine.status.disks if _may_run_unseen(machine)}
    return tuple(
        AttachedDisk(name=name, disk=disks.get(claim, claim), claim=claim)
        for claim, name in sorted((believed | found).items())
    )


def is_stopped(machine: Machine) -> bool:
    """Whether nothing of it runs, and nothing will before its spec is changed: by what KubeVirt has heeded, not only been told."""
    if machine.spec.power_state != "Stopped" or restart_asked(machine):
        return False
    return not (instance(machine) or launchers(machine) or leftovers(machine) or _may_run_unseen(machine))


def lets_go(machine: Machine) -> bool:
    """Whether a disk that is said to be attached is seen nowhere, or nothing is left of a machine that is being deleted."""
    ends = machine.deleting and FINALIZER in machine.meta.finalizers and not (machine.children or leftovers(machine))
    seen = {claim for _, claim in _live(machine)}
    unseen = any(one.claim not in seen for one in machine.status.disks)
    return ends or (unseen and not _may_run_unseen(machine))


def leftovers(machine: Machine) -> tuple[Live[MachineView] | Live[InstanceView], ...]:
    """What has the machine's name and a disk of it, and is not below it any more: somebody took it out of our hands."""
    ours, claims = {one.key for one in machine.children}, {one.claim for one in machine.status.disks}
    names = (twin(machine), Key(KUBEVIRT_INSTANCE, machine.key.namespace, machine.key.name))
    found = (machine.uses.get(name) for name in names)
    return tuple(
        one
        for one in found
        if one and one.key not in ours and claims & {claim for _, claim in _claims(one.view.volumes)}
    )


@once
def _live(machine: Machine) -> tuple[tuple[str, str], ...]:
    there = (*leftovers(machine), *launchers(machine), instance(machine), made(machine))
    return tuple(claim for live in there if live for claim in _claims(live.view.volumes))


def _claims(volumes: Iterable[Volume]) -> Iterator[tuple[str, str]]:
    """The volumes with a claim as (name in the machine, claim)."""
    return ((volume.name, volume.claim) for volume in volumes if volume.claim)


def _written(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[tuple[str, str]]:
    for child in written(desired, outcomes):
        for volume in child.manifest["spec"]["template"]["spec"]["volumes"]:
            if "persistentVolumeClaim" in volume:
                yield volume["name"], volume["persistentVolumeClaim"]["claimName"]


def _may_run_unseen(machine: Machine) -> bool:
    """Whether there may be an instance that was not seen yet, of the newest spec or of one before it.

    So it is where KubeVirt says that there is one, and where it may be making one: from the moment when its machine may run until
    virt-controller says that it knows better.
    """
    live = made(machine)
    if live is None or instance(machine):
        return False
    strategies = {live.view.spec.run_strategy, live.view.status.run_strategy} - {"", Strategy.HALTED}
    return live.view.status.created or (bool(strategies) and stays_off(machine) is None)
