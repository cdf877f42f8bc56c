"""The operator dies before any of its writes, or its answer is lost: what starts after it reaches the same end."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from api.disks.shop import Shop

from vireo.api.resources import CLAIM, VIRTUAL_DISK
from vireo.kube.client import ApiError, Client

pytestmark = pytest.mark.api

FEWEST_WRITES = 3
"""Of all these stories."""
Story = Callable[[Shop, int], Awaitable[None]]


async def make(shop: Shop, write: int) -> None:
    shop.die_before(write)
    await shop.disk(deletionPolicy="Delete")


async def delete(shop: Shop, write: int) -> None:
    await shop.disk(deletionPolicy="Delete")
    await shop.until_said("Bound")
    await shop.idle()
    shop.die_before(write)
    await shop.delete(VIRTUAL_DISK, "d")


async def adopt(shop: Shop, write: int) -> None:
    spec = {
        "storageClassName": shop.fast,
        "accessModes": ["ReadWriteMany"],
        "volumeMode": "Block",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    labels = {"vireo.dev/disk": "d", "vireo.dev/disk-uid": "of-the-earlier", "vireo.dev/sequence": "7"}
    annotations = {"vireo.dev/adopt": "true"}
    await shop.create(CLAIM, {"metadata": {"name": "d", "labels": labels, "annotations": annotations}, "spec": spec})
    shop.die_before(write)
    await shop.disk()


@pytest.mark.parametrize("write", range(1, 6))
@pytest.mark.parametrize("story", [make, delete, adopt], ids=lambda story: story.__name__)
async def test_it_dies_before_a_write(shop: Shop, story: Story, write: int) -> None:
    await shop.volume("d")
    await story(shop, write)
    await _until_dead_or_done(shop)
    assert shop.died.is_set() or write > FEWEST_WRITES
    await shop.stop()
    shop.die_before(0)
    await shop.start()
    if story is delete:
        await shop.until_gone(VIRTUAL_DISK, "d")
        await shop.until_gone(CLAIM, "d")
        return
    await shop.until_said("Bound")
    disk, claims = await shop.must(VIRTUAL_DISK, "d"), await shop.all(CLAIM)
    labels = [one["metadata"]["labels"] for one in claims]
    assert [(one["vireo.dev/disk-uid"], one["vireo.dev/sequence"]) for one in labels] == [
        (disk["metadata"]["uid"], "1")
    ]


async def test_the_answer_to_making_the_claim_is_lost(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    request, lost = Client.request, list[str]()

    async def loses_one(self: Client, verb: str, path: str, *rest: Any, **more: Any) -> bytes:
        answer = await request(self, verb, path, *rest, **more)
        if verb == "POST" and path == CLAIM.path(shop.namespace) and not lost:
            lost.append(path)
            raise ApiError(verb, path, 0, "NoAnswer", "connection reset")
        return answer

    monkeypatch.setattr(Client, "request", loses_one)
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    assert lost
    assert len(await shop.all(CLAIM)) == 1


async def _until_dead_or_done(shop: Shop) -> None:
    """Some stories have fewer writes: then it dies of old age."""

    async def over() -> bool:
        disk = await shop.get(VIRTUAL_DISK, "d")
        return shop.died.is_set() or disk is None or _settled(disk)

    await shop.until(over)


def _settled(disk: Mapping[str, Any]) -> bool:
    said = disk.get("status", {}).get("conditions", ())
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in said)
    return ready and "deletionTimestamp" not in disk["metadata"]
