"""Who has a port of the switch: counted here alone, so that no two can take the last one.

Whoever has one keeps it until they neither name it nor have it attached; then it goes to the one that exists longest of those that wait.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from vireo.api.objects import Live
from vireo.api.reconcile import Observed, once
from vireo.api.resources import CONTAINER_WORKLOAD, NAMESPACE, VIRTUAL_MACHINE, Key, Resource
from vireo.kinds.cluster import NamespaceView
from vireo.kinds.virtualswitch.selector import may_use
from vireo.kinds.virtualswitch.types import Port, PortGroup, VirtualSwitchSpec, VirtualSwitchStatus

Switch = Observed[VirtualSwitchSpec, VirtualSwitchStatus]

USERS: Final[dict[str, Resource]] = {
    VIRTUAL_MACHINE.kind: VIRTUAL_MACHINE,
    CONTAINER_WORKLOAD.kind: CONTAINER_WORKLOAD,
}
"""The kinds that are attached to switches."""


class Connection(Protocol):
    """An entry of a user's spec.networks, or of what its status says is attached."""

    @property
    def name(self) -> str: ...

    @property
    def switch(self) -> str: ...

    @property
    def port_group(self) -> str: ...


class Attached(Connection, Protocol):
    """An entry of a user's status.networks."""

    count: int


class UserSpec(Protocol):
    """What the spec of a kind in USERS says."""

    networks: Sequence[Connection]
    ports_each: int
    """How many ports it takes of each network: one for each pod that there may be at a time."""


class UserStatus(Protocol):
    """What its status says, by its own last reconcile."""

    networks: Sequence[Attached]


@once
def ports(switch: Switch) -> tuple[Port, ...]:
    """Who has a port now, in the order in which they came."""
    held = {_id(port): kept for port in switch.status.ports if (kept := _kept(switch, port))}
    used = _used(held.values())
    for port in _asked(switch):
        more = port.count - (held[_id(port)].count if _id(port) in held else 0)
        if more > 0 and _fits(switch, port, more, used):
            held[_id(port)] = port
            used.update({"": more, port.port_group: more})
    return tuple(held.values())


def taken(switch: Switch, group: str = "") -> int:
    """How many ports of the group, or of the switch, are given out."""
    return _taken(switch)[group]


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


def _kept(switch: Switch, port: Port) -> Port | None:
    """What of it is kept: as many as are named or attached still. One of a kind that this version does not know is believed, and so is
    one whose spec can not be read."""
    if port.kind not in USERS:
        return port
    live = switch.uses.get(Key(USERS[port.kind], port.namespace, port.name))
    if live is None or live.meta.uid != port.uid:
        return None
    if live.view.invalid:
        return port
    counts = [
        count
        for one, count in _connections(switch, live)
        if (one.name, one.port_group) == (port.network, port.port_group)
    ]
    return port.model_copy(update={"count": min(port.count, max(counts))}) if any(counts) else None


def _asked(switch: Switch) -> list[Port]:
    """What is asked for, the one that exists longest first. What is being deleted asks for nothing more, and gives nothing more."""
    if switch.deleting:
        return []
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


def _connections(switch: Switch, user: Live[Any]) -> Iterator[tuple[Connection, int]]:
    """Those, as long as the user has a use for them, and what the user says is attached; with how many ports they take."""
    if user.key in _users(switch):
        yield from ((one, user.view.spec.ports_each) for one in _named(switch, user))
    status: UserStatus = user.view.status
    yield from ((one, one.count) for one in status.networks if one.switch == switch.meta.name)


def _port(user: Live[Any], one: Connection) -> Port:
    return Port(
        kind=user.resource.kind,
        namespace=user.key.namespace,
        name=user.meta.name,
        uid=user.meta.uid,
        network=one.name,
        port_group=one.port_group,
        count=user.view.spec.ports_each,
    )


def _fits(switch: Switch, port: Port, more: int, taken: Counter[str]) -> bool:
    group = port_group(switch.spec, port.port_group)
    if group is None or not _is_allowed(switch, group, port.namespace):
        return False
    free = min(switch.spec.ports - taken[""], limit(switch.spec, group) - taken[group.name])
    return more <= free


def _is_allowed(switch: Switch, group: PortGroup, namespace: str) -> bool:
    live = _namespaces(switch).get(namespace)
    return live is not None and may_use(group, live.meta.labels)


@once
def _namespaces(switch: Switch) -> dict[str, Live[NamespaceView]]:
    return {one.meta.name: one for one in switch.around.get(NAMESPACE, ())}


@once
def _users(switch: Switch) -> frozenset[Key]:
    return frozenset(one.key for one in switch.users)


@once
def _taken(switch: Switch) -> Counter[str]:
    return _used(ports(switch))


def _used(held: Iterable[Port]) -> Counter[str]:
    """By port group, and of all under no name."""
    found: Counter[str] = Counter()
    for port in held:
        found.update({"": port.count, port.port_group: port.count})
    return found


def _id(port: Port) -> tuple[str, ...]:
    return port.uid, port.network, port.port_group


def _born(user: Live[Any]) -> float:
    created = user.meta.creation_timestamp
    return created.timestamp() if created else 0.0
