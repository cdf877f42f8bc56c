"""What every user of switches asks of them: whether it may be attached to its ports, and if not, why."""

from collections.abc import Callable
from typing import Any, Final

from vireo.api.conditions import NAMED_AT_MOST, Finding
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed
from vireo.api.resources import NAMESPACE, VIRTUAL_SWITCH, Key
from vireo.kinds.virtualswitch.attachments import attachment_name
from vireo.kinds.virtualswitch.ports import Connection, port_group
from vireo.kinds.virtualswitch.selector import may_use
from vireo.kinds.virtualswitch.types import VirtualSwitchSpec, VirtualSwitchStatus

User = Observed[Any, Any]
"""An object of a kind in USERS, whose `uses` has the switches that its spec names, and its namespace."""
Known = tuple[VirtualSwitchSpec, VirtualSwitchStatus]
Check = Callable[[User, Connection, Known], Finding | None]


def switch_keys(namespace: str, switches: set[str]) -> frozenset[Key]:
    """What a user of those switches looks at."""
    found = frozenset(Key(VIRTUAL_SWITCH, "", switch) for switch in switches)
    return found | {Key(NAMESPACE, "", namespace)} if found else found


def switch_key(network: Connection) -> Key:
    return Key(VIRTUAL_SWITCH, "", network.switch)


def switch(user: User, network: Connection) -> Known | None:
    """What the switch asks for and says of itself; None if it does not exist, or can not be read."""
    live = user.uses.get(switch_key(network))
    return (live.view.spec, live.view.status) if live and not live.view.invalid else None


def ports_held(user: User, network: Connection) -> int:
    """How many ports the switch has given to the user for this network."""
    found = switch(user, network)
    wanted = (user.key.resource.kind, user.meta.uid, network.name, network.port_group)
    return next(
        (
            port.count
            for port in (found[1].ports if found else ())
            if (port.kind, port.uid, port.network, port.port_group) == wanted
        ),
        0,
    )


def known_networks(user: User) -> dict[tuple[str, str], tuple[str, str, str]]:
    """(name, switch, port group) of each network that the spec names, or the status says is attached, by (name, attachment)."""
    return {
        (one.name, attachment_name(one.switch, one.port_group)): (one.name, one.switch, one.port_group)
        for one in (*user.status.networks, *user.spec.networks)
    }


def network_not_usable(user: User) -> Finding | None:
    """The first network, in the order of the spec, that can not be attached."""
    return next((finding for one in user.spec.networks if (finding := _why_not(user, one))), None)


def _why_not(user: User, network: Connection) -> Finding | None:
    known = switch(user, network)
    if known is None:
        return Finding(
            Reason.SWITCH_MISSING,
            f"{switch_key(network)} does not exist. Make it, or name another one in spec.networks (kubectl get virtualswitches).",
        )
    return next((finding for check in CHAIN if (finding := check(user, network, known))), None)


def port_group_missing(_: User, network: Connection, known: Known) -> Finding | None:
    spec, _status = known
    if port_group(spec, network.port_group):
        return None
    names = ", ".join(sorted(one.name for one in spec.port_groups)[:NAMED_AT_MOST]) or "none"
    return Finding(
        Reason.PORT_GROUP_MISSING,
        f"{switch_key(network)} has no port group {network.port_group}. Make it there, or name one that it has: {names}.",
    )


def port_group_not_allowed(user: User, network: Connection, known: Known) -> Finding | None:
    """Who has the port keeps it, whatever is allowed by now."""
    spec, _status = known
    group = port_group(spec, network.port_group)
    here: Live[Any] | None = user.uses.get(Key(NAMESPACE, "", user.key.namespace))
    if group is None or here is None or ports_held(user, network) or may_use(group, here.meta.labels):
        return None
    return Finding(
        Reason.PORT_GROUP_NOT_ALLOWED,
        f"Namespace {user.key.namespace} may not use port group {group.name} of {switch_key(network)}. Name one that it may use, or "
        "have the switch's administrator let it: spec.portGroups[].namespaces there selects namespaces by their labels.",
    )


def too_many_ports(user: User, network: Connection, known: Known) -> Finding | None:
    spec, _status = known
    named = sum(one.switch == network.switch for one in user.spec.networks)
    if named <= spec.nics_per_machine:
        return None
    return Finding(
        Reason.TOO_MANY_PORTS,
        f"spec.networks names {named} ports of {switch_key(network)}, which gives a machine, or a pod, at most "
        f"{spec.nics_per_machine} (spec.nicsPerMachine there). Take some out.",
    )


def switch_ends(user: User, network: Connection, _: Known) -> Finding | None:
    """Who has its port keeps it till then."""
    live = user.uses.get(switch_key(network))
    if live is None or live.meta.deletion_timestamp is None or ports_held(user, network) >= user.spec.ports_each:
        return None
    return Finding(
        Reason.NO_FREE_PORT,
        f"{live.key} is being deleted: it gives out no more ports, and goes when nothing names it. Name another one in spec.networks.",
    )


def no_free_port(user: User, network: Connection, known: Known) -> Finding | None:
    """Ports are given out by the switch alone, in the order in which they are asked for."""
    missing = user.spec.ports_each - ports_held(user, network)
    if missing <= 0:
        return None
    spec, status = known
    group = next((one for one in status.port_groups if one.name == network.port_group), None)
    if group is None or (group.used + missing <= group.ports and status.used + missing <= spec.ports):
        return Finding(Reason.RECONCILING, f"{switch_key(network)} has yet to give out a port for this.")
    where, used, most = (
        (f"Port group {group.name} of {switch_key(network)}", group.used, group.ports)
        if group.used + missing > group.ports
        else (str(switch_key(network)), status.used, spec.ports)
    )
    return Finding(
        Reason.NO_FREE_PORT,
        f"{where} has given out {used} of {most} ports, and this needs {missing} more. What comes free goes to the oldest that waits; "
        "or raise spec.ports there, or name another port group.",
    )


CHAIN: Final[tuple[Check, ...]] = (
    port_group_missing,
    port_group_not_allowed,
    too_many_ports,
    switch_ends,
    no_free_port,
)
