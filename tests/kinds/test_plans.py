"""Every plan of every case is safe after every prefix: cut after any step, observed and planned again, it has the same end."""

from datetime import datetime
from pathlib import Path

import pytest
from kinds.test_cases import CASES, NOON, load
from support.world import World

from vireo.api.reconcile import Call
from vireo.kinds import KINDS


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_a_plan_that_is_cut_has_the_same_end(folder: Path) -> None:
    whole = world(folder)
    whole.settle()
    for cut in range(len(world(folder).steps()) + 1):
        again = world(folder)
        again.settle(crash_after=cut)
        assert again.end() == whole.end(), f"cut after {cut} steps"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.parent.name}: {folder.name}")
def test_what_is_settled_is_left_alone(folder: Path) -> None:
    settled = world(folder)
    settled.settle()
    if not settled.gone:
        assert not [step for step in settled.steps() if not isinstance(step, Call)]


def world(folder: Path) -> World:
    """The world of a case, before anything was done."""
    given = load(folder / "given.yaml")
    others = (one for group in ("children", "uses", "users") for one in given.get(group, ()))
    world = World(KINDS, datetime.fromisoformat(given.get("now", NOON)), given["object"], *others)
    world.scheduler = given.get("scheduler", "")
    return world
