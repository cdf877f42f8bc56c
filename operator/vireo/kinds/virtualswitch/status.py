"""VirtualSwitch: what is so, and why."""

from typing import Final

from vireo.api.conditions import Finding, Said, conditions, progress
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Outcome, refusal
from vireo.api.resources import NODE
from vireo.kinds.virtualswitch.checks import hosts, uplink
from vireo.kinds.virtualswitch.desired import namespaces
from vireo.kinds.virtualswitch.ports import Switch, limit, ports, taken
from vireo.kinds.virtualswitch.types import PortGroupStatus, VirtualSwitchStatus

UPLINK_FOUND: Final = "UplinkFound"
"""The condition that says which nodes lack the uplink."""
FOR_A_PERSON: Final = frozenset({Reason.FOREIGN_OBJECT, Reason.MULTUS_MISSING, Reason.REFUSED, Reason.UPLINK_MISSING})
"""What nothing but a person's decision ends (Stalled)."""


def status_of(switch: Switch, desired: Desired, outcomes: tuple[Outcome, ...]) -> VirtualSwitchStatus:
    before, generation = switch.status, switch.meta.generation
    said = (*_said(switch, desired, outcomes), *_uplink(switch))
    return VirtualSwitchStatus(
        observed_generation=generation,
        applied=before.applied,
        used=taken(switch),
        hosts=len(hosts(switch)[0]),
        port_groups=tuple(
            PortGroupStatus(
                name=group.name,
                used=taken(switch, group.name),
                ports=limit(switch.spec, group),
                namespaces=len(namespaces(switch)[group.name]),
            )
            for group in switch.spec.port_groups
        ),
        ports=ports(switch),
        conditions=conditions(before.conditions, said, generation, switch.now),
    )


def _said(switch: Switch, desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[Said, ...]:
    refused = refusal(outcomes)
    cause = (refused.finding if refused else None) or desired.waiting
    if cause is None:
        return progress(_connected(switch))
    return progress(None, stalled=cause) if cause.reason in FOR_A_PERSON else progress(None, working=cause)


def _connected(switch: Switch) -> Finding:
    where = {namespace for found in namespaces(switch).values() for namespace in found}
    return Finding(
        Reason.CONNECTED,
        f"Port groups: {len(switch.spec.port_groups)}, in namespaces: {len(where)}.",
    )


def _uplink(switch: Switch) -> tuple[Said, ...]:
    """Nothing, where no node is known yet."""
    return (Said(UPLINK_FOUND, not hosts(switch)[1], uplink(switch)),) if switch.around.get(NODE) else ()
