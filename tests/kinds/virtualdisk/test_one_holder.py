"""Two machines on one volume would destroy its data: whatever happens in whatever order, at most one has it attached.

Every state that two machines and the disk can come into is visited. The machines keep the contract and nothing more: they look, later
they act on what they saw, and later still (or never, if the operator dies between) they say what they have. The disk too looks, and
later (or never) writes what it decided.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import NamedTuple

from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Observed
from vireo.api.resources import VIRTUAL_DISK, VIRTUAL_MACHINE, Key
from vireo.kinds.virtualdisk.holder import holder
from vireo.kinds.virtualdisk.kind import uses
from vireo.kinds.virtualdisk.types import Holder, VirtualDiskSpec, VirtualDiskStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = ("a", "b")
SPEC = VirtualDiskSpec(size="1Gi")


class Seen(NamedTuple):
    """What a reconcile of a machine that has not ended yet began with, and how far it is."""

    names_it: bool
    may_attach: bool
    newest_spec: bool = True
    acted: bool = False


class Known(NamedTuple):
    """What can be known of a machine from outside."""

    names_it: bool = True
    says_attached: bool = False
    yet_to_say: bool = True
    deleting: bool = False


class Machine(NamedTuple):
    """A machine as it is."""

    known: Known = Known()
    attached: bool = False
    seen: Seen | None = None


class Held(NamedTuple):
    """Who holds the disk: which of the two, whether it is the one that lives now or one of its name before it, and is about to lose it."""

    number: int
    lives: bool = True
    released: bool = False


class Decided(NamedTuple):
    """What the disk's reconcile is about to write."""

    held: Held | None


class World(NamedTuple):
    """The two machines, the older first, the disk's holder, and what is on its way to be written of it."""

    machines: tuple[Machine, Machine] = (Machine(), Machine())
    held: Held | None = None
    decided: Decided | None = None

    def with_machine(self, number: int, machine: Machine) -> "World":
        other = self.machines[1 - number]
        return World((machine, other) if number == 0 else (other, machine), self.held, self.decided)


def test_at_most_one_has_it_attached() -> None:
    reached, new = {World()}, [World()]
    while new:
        for world in afterwards(new.pop()):
            if world not in reached:
                assert not all(machine.attached for machine in world.machines), world
                reached.add(world)
                new.append(world)
    assert {one.attached for world in reached for one in world.machines} == {True, False}


def test_who_waits_gets_it_when_the_other_is_gone() -> None:
    waits = World(held=Held(0)).with_machine(0, Machine(Known(names_it=False, yet_to_say=False)))
    known = tuple(one.known for one in waits.machines)
    released = decided(known, waits.held)
    assert released == Held(0, released=True)
    assert decided(known, released) == Held(1)


def afterwards(world: World) -> Iterator[World]:
    """Every state that can be next."""
    if world.decided is None:
        found = decided(tuple(one.known for one in world.machines), world.held)
        yield world._replace(decided=Decided(found))
    else:
        yield world._replace(held=world.decided.held, decided=None)
        yield world._replace(decided=None)  # the operator died
    for number, machine in enumerate(world.machines):
        for next_one in afterwards_it_is(machine, may_attach=world.held == Held(number)):
            yield world.with_machine(number, next_one)
        if machine.known.deleting and not machine.attached and machine.seen is None:
            yield made_again(world, number)


@cache
def afterwards_it_is(machine: Machine, *, may_attach: bool) -> tuple[Machine, ...]:
    return (
        edited(machine),
        machine._replace(known=machine.known._replace(deleting=True)),
        machine._replace(seen=None),  # the operator died
        gone_on(machine, may_attach=may_attach),
    )


def edited(machine: Machine) -> Machine:
    known = machine.known._replace(names_it=not machine.known.names_it, yet_to_say=True)
    return machine._replace(known=known, seen=machine.seen and machine.seen._replace(newest_spec=False))


def gone_on(machine: Machine, *, may_attach: bool) -> Machine:
    """It looks, then acts on what it saw, then says what it has."""
    known, seen = machine.known, machine.seen
    if seen is None:
        return machine._replace(seen=Seen(known.names_it and not known.deleting, may_attach))
    if not seen.acted:
        attached = seen.names_it and (machine.attached or seen.may_attach)
        return machine._replace(attached=attached, seen=seen._replace(acted=True))
    said = known._replace(says_attached=machine.attached, yet_to_say=not seen.newest_spec)
    return machine._replace(known=said, seen=None)


def made_again(world: World, number: int) -> World:
    """Under the same name, and the younger from now on."""
    machines = (world.machines[1 - number], Machine())
    decided = world.decided and Decided(_outlived(world.decided.held, number))
    return World(machines, _outlived(world.held, number), decided)


def _outlived(held: Held | None, number: int) -> Held | None:
    """To whom the disk was given, or is about to be given, is another than the one that is made again."""
    if held is None:
        return None
    ended = held.number == number
    return held._replace(number=1 if ended else 0, lives=held.lives and not ended)


@cache
def decided(machines: tuple[Known, ...], held: Held | None) -> Held | None:
    """What the disk's reconcile makes of it."""
    status = VirtualDiskStatus(held_by=_holder(held))
    lives = tuple(_live(number, known) for number, known in enumerate(machines))
    by_key = {live.key: live for live in lives}
    meta = Meta("data", "shop", "uid-of-data")
    found = holder(
        Observed(
            key=Key(VIRTUAL_DISK, "shop", "data"),
            meta=meta,
            spec=SPEC,
            status=status,
            now=NOON,
            uses={key: by_key.get(key) for key in uses(meta, SPEC, status)},
            users=tuple(live for live, one in zip(lives, machines, strict=True) if one.names_it or one.says_attached),
        )
    )
    if found is None:
        return None
    return Held(NAMES.index(found.name), found.uid == f"uid-of-{found.name}", bool(found.released))


def _holder(held: Held | None) -> Holder | None:
    if held is None:
        return None
    name = NAMES[held.number]
    uid = f"uid-of-{name}" if held.lives else "of-the-earlier"
    return Holder(kind="VirtualMachine", name=name, uid=uid, released=held.released or None)


def _live(number: int, known: Known) -> Live[OwnView]:
    disks = (SimpleNamespace(disk="data"),) if known.says_attached else ()
    status = SimpleNamespace(observed_generation=1 if known.yet_to_say else 2, disks=disks)
    meta = Meta(
        NAMES[number],
        "shop",
        f"uid-of-{NAMES[number]}",
        generation=2,
        creation_timestamp=NOON + timedelta(seconds=number),
        deletion_timestamp=NOON if known.deleting else None,
    )
    return Live(VIRTUAL_MACHINE, meta, OwnView(None, status))
