"""VirtualSwitch: why it is not as its spec asks, as an ordered chain. The first finding is what is said, and what stops."""

from collections.abc import Callable
from typing import Final

from vireo.api.conditions import Finding, listed
from vireo.api.objects import Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import once
from vireo.api.resources import NODE
from vireo.kinds.cluster import NodeView
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.use import platform
from vireo.kinds.virtualswitch.ports import Switch, ports

Check = Callable[[Switch], Finding | None]


def why_not(switch: Switch) -> Finding | None:
    """The first reason why the switch is not as its spec asks; None if it is, or if the next step makes it so."""
    if switch.deleting:
        return in_use(switch) or Finding(Reason.DELETING, "The switch is being deleted.")
    return next((finding for check in CHAIN if (finding := check(switch))), None)


def in_use(switch: Switch) -> Finding | None:
    users = {user.key for user in switch.users}
    names = {str(key) for key in users} | {f"{port.kind} {port.namespace}/{port.name}" for port in ports(switch)}
    if not names:
        return None
    return Finding(
        Reason.IN_USE,
        f"The switch is used by {listed(names)}, and is deleted when nothing uses it any more. Take it out of their spec.networks, or "
        "delete them.",
    )


def platform_unknown(switch: Switch) -> Finding | None:
    if platform(switch):
        return None
    return Finding(
        Reason.RECONCILING, f"{THE_PLATFORM} has not been looked at yet; the switch is made as soon as it was."
    )


def multus_missing(switch: Switch) -> Finding | None:
    known = platform(switch)
    part = known.component("Networks") if known else None
    if part is None or part.state == "Supported":
        return None
    return Finding(Reason.MULTUS_MISSING, f"Nothing can be attached to a switch. {part.message}")


def uplink_missing(switch: Switch) -> Finding | None:
    """A switch of which a part of the nodes has no uplink can be used: pods are placed where it is."""
    with_it, without = hosts(switch)
    return uplink(switch) if without and not with_it else None


def uplink(switch: Switch) -> Finding:
    """Where the uplink is, and where it is not."""
    bridge = switch.spec.uplink.bridge
    with_it, without = hosts(switch)
    if not without:
        return Finding(Reason.UPLINK_FOUND, f"Bridge {bridge} is on all {len(with_it)} nodes.")
    nodes: tuple[Live[NodeView], ...] = switch.around.get(NODE, ())
    if not any(one.view.is_marked for one in nodes):
        return Finding(
            Reason.UPLINK_MISSING,
            f"No node says which bridges it has, so nothing can be placed where bridge {bridge} is. Install KubeVirt's "
            "bridge-marker, which writes bridge.network.kubevirt.io/NAME into each node's capacity.",
        )
    return Finding(
        Reason.UPLINK_MISSING,
        f"Bridge {bridge} is not on {listed(without)}: what is attached to the switch is not placed there. Make it there, with the uplink "
        "among its ports, or name another one in spec.uplink.bridge.",
    )


@once
def hosts(switch: Switch) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The nodes that have the uplink, and those that have it not."""
    nodes: tuple[Live[NodeView], ...] = switch.around.get(NODE, ())
    bridge = switch.spec.uplink.bridge
    names = sorted((one.meta.name, one.view.has_bridge(bridge)) for one in nodes)
    return tuple(name for name, has in names if has), tuple(name for name, has in names if not has)


CHAIN: Final[tuple[Check, ...]] = (platform_unknown, multus_missing, uplink_missing)
CANNOT_BE_MADE: Final = frozenset({Reason.RECONCILING, Reason.MULTUS_MISSING})
"""What nothing can be made under: there is no API for it, or it is not known whether there is."""
