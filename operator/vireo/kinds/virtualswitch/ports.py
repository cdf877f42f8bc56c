"""Who has a port of the switch: counted here alone, so that no two can take the last one.

Whoever has one keeps it until they neither name it nor have it attached; then it goes to the one that exists longest of those that wait.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from vireo.api.objects import Live
from vireo.api.reconcile import Observed, once
from vireo.api.resources import NAMESPACE, VIRTUAL_MACHINE, Key, Resource
from vireo.kinds.virtualswitch.selector import may_use
from vireo.kinds.virtualswitch.types import Port, PortGroup, VirtualSwitchSpec, VirtualSwitchStatus

Switch = Observed[VirtualSwitchSpec, VirtualSwitchStatus]

USERS: Final[dict[str, Resource]] = {VIRTUAL_MACHINE.kind: VIRTUAL_MACHINE}
"""The kinds that are attached to switches."""


class Connection(Protocol):
    """An entry of a user's spec.networks, or of what its status says is attached."""

    name: str
    switch: str
    port_group: str


class UserSpec(Protocol):
    """What the spec of a kind in USERS says."""

    networks: Sequence[Connection]


class UserStatus(Protocol):
    """What its status says, by its own last reconcile."""

    networks: Sequence[Connection]


@once
def ports(switch: Switch) -> tuple[Port, ...]:
    """Who has a port now, in the order in which they came."""
    held = [port for port in switch.status.ports if _keeps(switch, port)]
    used, known = _used(held), {_id(port) for port in held}
    for port in _asked(switch):
        if _id(port) in known or not _fits(switch, port, used):
            continue
        held.append(port)
        used.update(_counts(port))
    return tuple(held)


def taken(switch: Switch, group: str = "") -> int:
    """How many ports of the group, or of the switch, are given out."""
    return _used(ports(switch))[group]


def limit(spec: VirtualSwitchSpec, group: PortGroup) -> int:
    """How many ports a group has at most."""
    return min(group.ports or spec.ports, spec.ports)


def port_group(spec: VirtualSwitchSpec, name: str) -> PortGroup | None:
    return next((one for one in spec.port_groups if one.name == name), None)


def user_keys(status: VirtualSwitchStatus) -> frozenset[Key]:
    """Those that have a port: they are looked up also when they name the switch no more."""
    return frozenset(Key(USERS[port.kind], port.namespace, port.name) for port in status.ports if port.kind in USERS)


def places(switch: Switch) -> frozenset[tuple[str, str]]:
    """The (port group, namespace) that somebody names or has attached."""
    asked = ((one.port_group, user.key.namespace) for user in switch.users for one in _named(switch, user))
    return frozenset({*asked, *((port.port_group, port.namespace) for port in ports(switch))})


def _keeps(switch: Switch, port: Port) -> bool:
    """One of a kind that this version does not know is believed, and so is one whose spec can not be read."""
    if port.kind not in USERS:
        return True
    live = switch.uses.get(Key(USERS[port.kind], port.namespace, port.name))
    if live is None or live.meta.uid != port.uid:
        return False
    return bool(live.view.invalid) or any(
        (one.name, one.port_group) == (port.network, port.port_group) for one in _connections(switch, live)
    )


def _asked(switch: Switch) -> list[Port]:
    """What is asked for, the one that exists longest first. Of what is being deleted nothing more is."""
    living = [user for user in switch.users if not user.meta.deletion_timestamp]
    return [
        _port(user, one)
        for user in sorted(living, key=lambda user: (_born(user), user.key))
        for one in _named(switch, user)
    ]


def _named(switch: Switch, user: Live[Any]) -> Iterator[Connection]:
    """The entries of the user's spec that name this switch."""
    spec: UserSpec | None = user.view.spec
    return (one for one in (spec.networks if spec else ()) if one.switch == switch.meta.name)


def _connections(switch: Switch, user: Live[Any]) -> Iterator[Connection]:
    """Those, and what the user says is attached."""
    yield from _named(switch, user)
    status: UserStatus = user.view.status
    yield from (one for one in status.networks if one.switch == switch.meta.name)


def _port(user: Live[Any], one: Connection) -> Port:
    return Port(
        kind=user.resource.kind,
        namespace=user.key.namespace,
        name=user.meta.name,
        uid=user.meta.uid,
        network=one.name,
        port_group=one.port_group,
    )


def _fits(switch: Switch, port: Port, taken: Counter[str]) -> bool:
    group = port_group(switch.spec, port.port_group)
    if group is None or not _is_allowed(switch, group, port.namespace):
        return False
    free = min(switch.spec.ports - taken[""], limit(switch.spec, group) - taken[group.name])
    return port.count <= free


def _is_allowed(switch: Switch, group: PortGroup, namespace: str) -> bool:
    live = next((one for one in switch.around.get(NAMESPACE, ()) if one.meta.name == namespace), None)
    return live is not None and may_use(group, live.meta.labels)


def _used(held: Iterable[Port]) -> Counter[str]:
    """By port group, and of all under no name."""
    found: Counter[str] = Counter()
    for port in held:
        found.update(_counts(port))
    return found


def _counts(port: Port) -> dict[str, int]:
    return {"": port.count, port.port_group: port.count}


def _id(port: Port) -> tuple[str, ...]:
    return port.uid, port.network, port.port_group


def _born(user: Live[Any]) -> float:
    created = user.meta.creation_timestamp
    return created.timestamp() if created else 0.0
