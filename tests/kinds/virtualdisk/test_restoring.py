"""A disk is set back only while nothing has it open: whatever happens in whatever order.

Every state that the machine that holds the disk, the disk and the operation can come into is visited. The machine looks, later acts on
what it saw, and later still (or never, if the operator dies between) says what it has; KubeVirt starts and stops guests in its own
time. The disk too looks, and later (or never) writes what it decided.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import NamedTuple

from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Observed
from vireo.api.resources import OPERATION, VIRTUAL_DISK, VIRTUAL_MACHINE, Key
from vireo.kinds.virtualdisk.restoring import restoring
from vireo.kinds.virtualdisk.types import Holder, Restoring, VirtualDiskSpec, VirtualDiskStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DISK = Key(VIRTUAL_DISK, "shop", "data")


class Known(NamedTuple):
    """What can be known of the machine from outside."""

    is_to_run: bool = True
    says_stopped: bool = False
    yet_to_say: bool = True


class Seen(NamedTuple):
    """What a reconcile of the machine that has not ended yet began with, and how far it is."""

    is_to_run: bool
    may_attach: bool
    off: bool
    newest_spec: bool = True
    acted: bool = False


class Machine(NamedTuple):
    """The machine as it is: whether KubeVirt was told to run it, and whether its guest runs."""

    known: Known = Known()
    told_to_run: bool = False
    runs: bool = False
    seen: Seen | None = None


class Turn(NamedTuple):
    """What the disk says of the operation."""

    alone: bool = False


class Decided(NamedTuple):
    """What the disk's reconcile is about to write."""

    turn: Turn | None


class World(NamedTuple):
    machine: Machine = Machine()
    asked: bool = False
    turn: Turn | None = None
    decided: Decided | None = None


def test_while_it_is_set_back_nothing_has_it_open() -> None:
    reached = everything_after(World())
    for world in reached:
        alone = world.asked and world.turn == Turn(alone=True)
        assert not (alone and (world.machine.runs or world.machine.told_to_run)), world
    assert any(world.turn == Turn(alone=True) for world in reached)
    assert any(world.machine.runs for world in reached)


def test_whoever_is_stopped_and_left_so_makes_way() -> None:
    stopped = Known(is_to_run=False, says_stopped=True, yet_to_say=False)
    told = decided(stopped, None, asked=True)
    assert told == Turn()
    assert decided(stopped, told, asked=True) == Turn(alone=True)
    assert decided(stopped, Turn(alone=True), asked=False) is None


def everything_after(world: World) -> set[World]:
    reached, new = {world}, [world]
    while new:
        for later in afterwards(new.pop()):
            if later not in reached:
                reached.add(later)
                new.append(later)
    return reached


def afterwards(world: World) -> Iterator[World]:
    """Every state that can be next. An operation ends only by its own word, so that the turn is not another's at once."""
    if world.decided is None:
        yield world._replace(decided=Decided(decided(world.machine.known, world.turn, asked=world.asked)))
    else:
        yield world._replace(turn=world.decided.turn, decided=None)
        yield world._replace(decided=None)  # the operator died
    if not world.asked and world.turn is None and world.decided is None:
        yield world._replace(asked=True)
    if world.asked:
        yield world._replace(asked=False)
    for machine in machine_afterwards(world.machine, may_attach=world.turn is None):
        yield world._replace(machine=machine)


def machine_afterwards(machine: Machine, *, may_attach: bool) -> Iterator[Machine]:
    known = machine.known
    edited = known._replace(is_to_run=not known.is_to_run, yet_to_say=True)
    yield machine._replace(known=edited, seen=machine.seen and machine.seen._replace(newest_spec=False))
    yield machine._replace(runs=machine.told_to_run)  # KubeVirt has done what it was told
    yield machine._replace(seen=None)  # the operator died
    yield gone_on(machine, may_attach=may_attach)


def gone_on(machine: Machine, *, may_attach: bool) -> Machine:
    """It looks, then acts on what it saw, then says what it has."""
    known, seen = machine.known, machine.seen
    if seen is None:
        off = not (machine.runs or machine.told_to_run)
        return machine._replace(seen=Seen(known.is_to_run, may_attach, off))
    if not seen.acted:
        told_to_run = seen.is_to_run and (seen.may_attach or machine.told_to_run)
        return machine._replace(told_to_run=told_to_run, seen=seen._replace(acted=True))
    said = known._replace(says_stopped=not seen.is_to_run and seen.off, yet_to_say=not seen.newest_spec)
    return machine._replace(known=said, seen=None)


@cache
def decided(known: Known, turn: Turn | None, *, asked: bool) -> Turn | None:
    """What the disk's reconcile makes of it."""
    machine, holder = _machine(known), Holder(kind="VirtualMachine", name="web-1", uid="uid-of-web-1")
    before = Restoring(name="undo", uid="uid-of-undo", alone=turn.alone or None) if turn else None
    found = restoring(
        Observed(
            key=DISK,
            meta=Meta("data", "shop", "uid-of-data"),
            spec=VirtualDiskSpec(size="1Gi"),
            status=VirtualDiskStatus(held_by=holder, operation=before),
            now=NOON,
            uses={machine.key: machine},
            users=(machine, *([_operation()] if asked else [])),
        )
    )
    return Turn(bool(found.alone)) if found else None


def _machine(known: Known) -> Live[OwnView]:
    observed = 1 if known.yet_to_say else 2
    status = SimpleNamespace(observed_generation=observed, stopped=known.says_stopped or None, disks=())
    return Live(VIRTUAL_MACHINE, Meta("web-1", "shop", "uid-of-web-1", generation=2), OwnView(None, status))


def _operation() -> Live[OwnView]:
    spec = SimpleNamespace(restore=SimpleNamespace(snapshot="then"), dry_run=False)
    return Live(OPERATION, Meta("undo", "shop", "uid-of-undo"), OwnView(spec, SimpleNamespace(finished=False)))
