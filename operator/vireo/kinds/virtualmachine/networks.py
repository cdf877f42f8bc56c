"""The switch ports that a machine names, and those that it has attached, read from what lives: KubeVirt's machine and its instance.

What is named here is held (VirtualSwitch's status.ports), so that a port is given to the next one only when it is free.
"""

from collections.abc import Iterator

from vireo.api.objects import Live
from vireo.api.reconcile import Desired, Outcome, refusal
from vireo.api.resources import NAMESPACE, VIRTUAL_MACHINE, VIRTUAL_SWITCH, Key
from vireo.kinds.virtualmachine.power import Machine, instance, made
from vireo.kinds.virtualmachine.types import AttachedNetwork, Network
from vireo.kinds.virtualmachine.views import GuestSpec
from vireo.kinds.virtualswitch.attachments import attachment_name
from vireo.kinds.virtualswitch.types import VirtualSwitchSpec, VirtualSwitchStatus


def switch_key(network: Network) -> Key:
    return Key(VIRTUAL_SWITCH, "", network.switch)


def switch(machine: Machine, network: Network) -> tuple[VirtualSwitchSpec, VirtualSwitchStatus] | None:
    """What the switch asks for and says of itself; None if it does not exist, or can not be read."""
    live = machine.uses.get(switch_key(network))
    return (live.view.spec, live.view.status) if live and not live.view.invalid else None


def has_port(machine: Machine, network: Network) -> bool:
    """Whether the switch has given the machine this port."""
    found = switch(machine, network)
    wanted = (VIRTUAL_MACHINE.kind, machine.meta.uid, network.name, network.port_group)
    return found is not None and any(
        (port.kind, port.uid, port.network, port.port_group) == wanted for port in found[1].ports
    )


def namespace(machine: Machine) -> Live[object] | None:
    """The machine's namespace, where it names a switch."""
    return machine.uses.get(Key(NAMESPACE, "", machine.key.namespace))


def attached_networks(machine: Machine, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[AttachedNetwork, ...]:
    """status.networks: each by the attachment that it has, since a name may stand for one port group now and for another after the next
    start."""
    known = {
        (one.name, attachment_name(one.switch, one.port_group)): one
        for one in (*machine.status.networks, *_named(machine))
    }
    found = {known[one] for one in (*_live(machine), *_written(desired, outcomes)) if one in known}
    return tuple(sorted(found, key=lambda one: (one.name, one.switch, one.port_group)))


def _named(machine: Machine) -> Iterator[AttachedNetwork]:
    return (
        AttachedNetwork(name=one.name, switch=one.switch, port_group=one.port_group) for one in machine.spec.networks
    )


def _live(machine: Machine) -> Iterator[tuple[str, str]]:
    """(name in the machine, attachment)."""
    live, guest = made(machine), instance(machine)
    specs: tuple[GuestSpec, ...] = (
        *((live.view.spec.template.spec,) if live else ()),
        *((guest.view.spec,) if guest else ()),
    )
    return ((one.name, one.attachment) for spec in specs for one in spec.networks if one.attachment)


def _written(desired: Desired, outcomes: tuple[Outcome, ...]) -> Iterator[tuple[str, str]]:
    for child in () if refusal(outcomes) else desired.children:
        for network in child.manifest["spec"]["template"]["spec"]["networks"]:
            if "multus" in network:
                yield network["name"], network["multus"]["networkName"]
