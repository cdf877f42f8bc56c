"""The objects of the demo's shop are deleted in every order: all of them go, what is used says so until it goes, and the data stays."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, permutations
from typing import Final

import pytest
from api.orders.shop import SNAPSHOT_OF_DATA, THINGS, USERS, Order, Shop
from api.orders.town import Story, Town

from vireo.api.resources import (
    ATTACHMENT,
    CLAIM,
    DEPLOYMENT,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    POD,
    SNAPSHOT,
    VIRTUAL_DISK,
)

pytestmark = pytest.mark.api

ORDERS: Final = tuple(permutations(THINGS))
CHANCE: Final = random.Random(7)
ALL: Final[tuple[Order, ...]] = tuple(
    (*order[:place], SNAPSHOT_OF_DATA, *order[place:])
    for order in ORDERS
    for place in [CHANCE.randrange(len(order) + 1)]
)
"""Each order of the shop's objects, and the operation at some place in it."""
SAMPLE: Final = tuple(CHANCE.sample(ALL, 3))
MOMENTS: Final = (
    VIRTUAL_DISK,
    CLAIM,
    ATTACHMENT,
    SNAPSHOT,
    KUBEVIRT_MACHINE,
    KUBEVIRT_INSTANCE,
    DEPLOYMENT,
    POD,
)
"""What comes one after the other while a shop opens."""
BEGUN: Final = tuple(
    (order[:place], order[place:]) for order in CHANCE.sample(ALL, 8) for place in [CHANCE.randint(2, 5)]
)
"""What is deleted before an operator is killed, and what while there is none."""
LIVES: Final = tuple(CHANCE.randrange(20) for _ in range(6))
"""How many writes each operator lives to send."""


def at_once(shop: Shop, order: Order) -> None:
    """Nobody waits for anything."""
    data = shop.open()
    shop.delete(*order)
    shop.until_only_data_is_left(data)


def one_by_one(shop: Shop, order: Order) -> None:
    """Each when the one before is gone, or has said that it is used."""
    data = shop.open()
    for number, thing in enumerate(order):
        shop.delete(thing)
        used_by = USERS.get(thing, frozenset()) - set(order[:number])
        words = shop.until_gone_or_in_use(thing)
        assert bool(words) == bool(used_by), f"{thing} says {words!r}"
        for kind, name in used_by:
            assert f"{kind.kind} {shop.namespace}/{name}" in words
    shop.until_only_data_is_left(data)


def before_it_is_open(shop: Shop, order: Order) -> None:
    """All at once, just when there is something or other of it."""
    shop.begin()
    shop.until_there(MOMENTS[ALL.index(order) % len(MOMENTS)])
    shop.delete(*order)
    shop.until_no_more_than_data_is_left()


STORIES: Final[tuple[Story, ...]] = (at_once, one_by_one, before_it_is_open)


def test_deleted_in_a_sample_of_orders_all_goes_and_the_data_stays(town: Town) -> None:
    town.play(zip(cycle(STORIES), SAMPLE, strict=False))


@pytest.mark.proof
def test_deleted_in_every_order_all_goes_and_the_data_stays(town: Town) -> None:
    town.play(zip(cycle(STORIES), ALL, strict=False))


@pytest.mark.proof
def test_deleted_while_the_operator_is_killed_again_and_again_all_goes_and_the_data_stays(town: Town) -> None:
    town.until_led()
    with ExitStack() as end, ThreadPoolExecutor(len(BEGUN)) as pool:
        shops = [end.enter_context(town.shop(number)) for number in range(len(BEGUN))]
        data = list(pool.map(Shop.open, shops))
        for shop, (first, _) in zip(shops, BEGUN, strict=True):
            shop.delete(*first)
        town.kill_after(LIVES[0])
        for shop, (_, rest) in zip(shops, BEGUN, strict=True):
            shop.delete(*rest)
        for writes in LIVES[1:]:
            town.kill_after(writes)
        town.until_led()
        for shop, before in zip(shops, data, strict=True):
            shop.until_only_data_is_left(before)
