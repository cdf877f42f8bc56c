"""The operator's process is killed at any moment, again and again, while disks come and go: what is there at the end is what was asked."""

import random
from typing import Any, Final

import pytest
from api.replicas.field import Field

from vireo.api.names import LABEL_DISK_UID
from vireo.api.resources import CLAIM, VIRTUAL_DISK

pytestmark = [pytest.mark.api, pytest.mark.proof]

KILLS: Final = 25
DISKS_A_LIFE: Final = 8


def test_every_disk_that_is_left_has_its_claim_and_no_other_is_there(field: Field) -> None:
    chance, wanted = random.Random(6), set[str]()
    for life in range(KILLS):
        for name in chance.sample(sorted(wanted - held(field)), len(wanted - held(field)) // 4):
            end(field, name, wanted)
        operator = field.start()
        field.until(lambda one=operator: one.identity)  # type: ignore[misc]
        since, writes = field.mark(), chance.randrange(1, 3 * DISKS_A_LIFE)
        for name in chance.sample(sorted(wanted & held(field)), len(wanted & held(field)) // 4):
            end(field, name, wanted)
        for number in range(DISKS_A_LIFE):
            field.disk(f"disk-{life}-{number}")
            wanted.add(f"disk-{life}-{number}")
        field.until(lambda since=since, writes=writes: len(field.agents(since)) >= writes)  # type: ignore[misc]
        operator.kill()
        field.forget_the_lead()

    field.start()
    field.until(lambda: set(field.claims()) == wanted)
    field.until(lambda: {one["metadata"]["name"] for one in disks(field)} == wanted)
    claims = field.server.must("GET", CLAIM.path(field.namespace)).body["items"]
    assert {one["metadata"]["uid"] for one in disks(field)} == {
        one["metadata"]["labels"][LABEL_DISK_UID] for one in claims
    }


def end(field: Field, name: str, wanted: set[str]) -> None:
    field.server.must("DELETE", VIRTUAL_DISK.path(field.namespace, name))
    wanted.discard(name)


def held(field: Field) -> set[str]:
    """Those that can only end in order. Another that is deleted just when its finalizer comes is deleted past it, and is no case of ours:
    the API server does so (test_lost_end.py)."""
    return {one["metadata"]["name"] for one in disks(field) if one["metadata"].get("finalizers")}


def disks(field: Field) -> list[Any]:
    """Also those that end: their claims go first."""
    found: list[Any] = field.server.must("GET", VIRTUAL_DISK.path(field.namespace)).body["items"]
    return found
