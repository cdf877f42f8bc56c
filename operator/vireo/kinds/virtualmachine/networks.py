"""The switch ports that a machine has attached, read from what lives: KubeVirt's machine and its instance.

What is named here is held (VirtualSwitch's status.ports), so that a port is given to the next one only when it is free.
"""

from collections.abc import Iterator

from vireo.api.reconcile import Desired, Outcome, written
from vireo.kinds.virtualmachine.power import Machine, instance, made
from vireo.kinds.virtualmachine.types import AttachedNetwork
from vireo.kinds.virtualmachine.views import GuestSpec
from vireo.kinds.virtualswitch.use import known_networks


def attached_networks(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[AttachedNetwork, ...]:
    """status.networks: each by the attachment that it has, since a name may stand for one port group now and for another after the next
    start."""
    known = known_networks(machine)
    found = {known[one] for one in (*_live(machine), *_written(desired, outcomes)) if one in known}
    return tuple(AttachedNetwork(name=name, switch=switch, port_group=group) for name, switch, group in sorted(found))


def _live(machine: Machine) -> Iterator[tuple[str, str]]:
    """(name in the machine, attachment)."""
    live, guest = made(machine), instance(machine)
    specs: tuple[GuestSpec, ...] = (
        *((live.view.spec.template.spec,) if live else ()),
        *((guest.view.spec,) if guest else ()),
    )
    return ((one.name, one.attachment) for spec in specs for one in spec.networks if one.attachment)


def _written(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[tuple[str, str]]:
    for child in written(desired, outcomes):
        for network in child.manifest["spec"]["template"]["spec"]["networks"]:
            if "multus" in network:
                yield network["name"], network["multus"]["networkName"]
