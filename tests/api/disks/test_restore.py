"""A disk is set back to a snapshot at a real API server: by one more claim of its series, however often the operator dies."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from api.conftest import served
from api.disks.shop import Object, Shop
from api.server import Server
from crash.still import open_crd

from vireo.api.resources import CLAIM, OPERATION, PLATFORM, SNAPSHOT, SNAPSHOT_CLASS, VIRTUAL_DISK, VIRTUAL_MACHINE
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kube.client import ApiError

pytestmark = pytest.mark.api

ASKED = "d-then"
FEWEST_WRITES = 17
"""From the disk's first word of the operation to its last, without events."""


@pytest.fixture(scope="module", autouse=True)
def _snapshots_served(server: Server) -> Iterator[None]:
    """The types of snapshots, whatever is in them: their controllers are the tests."""
    crds = [open_crd(resource) for resource in (SNAPSHOT, SNAPSHOT_CLASS)]
    for crd in crds:
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    with served(server, crds):
        yield


@pytest.fixture
async def filled(shop: Shop) -> AsyncIterator[Shop]:
    """A shop with a disk, a snapshot of it, and a storage that does its part."""
    body = {"metadata": {"name": shop.namespace}, "driver": "tests.vireo.dev/by-hand", "deletionPolicy": "Delete"}
    await shop.create(SNAPSHOT_CLASS, body)
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.until(lambda: _datastore_has_snapshots(shop))
    disk = await shop.must(VIRTUAL_DISK, "d")
    labels = {"vireo.dev/disk": "d", "vireo.dev/disk-uid": disk["metadata"]["uid"]}
    await shop.create(SNAPSHOT, {"metadata": {"name": ASKED, "labels": labels}, "spec": {}})
    storage = asyncio.create_task(_storage(shop))
    yield shop
    storage.cancel()
    await shop.delete(SNAPSHOT_CLASS, shop.namespace)


async def test_the_next_claim_is_the_disk_and_the_former_one_stays(filled: Shop) -> None:
    await restore(filled)
    await until_said(filled, "Completed")
    await assert_set_back(filled)


async def test_a_machine_is_stopped_first_and_gets_it_afterwards(filled: Shop) -> None:
    await machine(filled, "Running")
    await filled.until(lambda: _held(filled))
    await restore(filled)
    assert "powerState" in (await until_said(filled, "DiskInUse"))["message"]
    assert [one["metadata"]["name"] for one in await filled.all(SNAPSHOT)] == [ASKED]
    await machine(filled, "Stopped")
    await until_said(filled, "Completed")
    disk = await assert_set_back(filled)
    assert disk["status"]["heldBy"]["name"] == "a"
    assert "operation" not in disk["status"]


async def test_called_back_it_leaves_the_disk_and_what_it_kept(filled: Shop) -> None:
    await filled.merge(VIRTUAL_DISK, "d", {"metadata": {"annotations": {"tests.vireo.dev/no-volumes": "true"}}})
    await restore(filled)
    await filled.until(lambda: _next(filled))
    await filled.merge(OPERATION, "undo", {"spec": {"cancel": True}})
    await until_said(filled, "Cancelled", "Failed")
    assert [one["metadata"]["name"] for one in await filled.all(CLAIM)] == ["d"]
    assert sorted(one["metadata"]["name"] for one in await filled.all(SNAPSHOT)) == [ASKED, "d-undo"]


@pytest.mark.parametrize(
    "write", [pytest.param(one, marks=[pytest.mark.proof] * (one % 2)) for one in range(1, FEWEST_WRITES + 3)]
)
async def test_it_dies_before_a_write(filled: Shop, write: int) -> None:
    await filled.idle()
    filled.die_before(write)
    await restore(filled)
    await filled.until(lambda: _dead_or_done(filled))
    assert filled.died.is_set() or write > FEWEST_WRITES
    await filled.stop()
    filled.die_before(0)
    await filled.start()
    await until_said(filled, "Completed")
    await assert_set_back(filled)


async def restore(shop: Shop) -> None:
    spec = {"target": {"kind": "VirtualDisk", "name": "d"}, "action": "Restore", "restore": {"snapshot": ASKED}}
    await shop.apply(OPERATION, "undo", spec)


async def machine(shop: Shop, power: str) -> None:
    spec = {
        "hardware": {"cpu": {"cores": 1}, "memory": "256Mi"},
        "bootDisk": {"disk": "d"},
        "powerState": power,
    }
    await shop.apply(VIRTUAL_MACHINE, "a", spec)


async def assert_set_back(shop: Shop) -> Object:
    """One claim more, which is the disk, and one snapshot more, of the claim before."""

    async def settled() -> Object | None:
        disk = await shop.must(VIRTUAL_DISK, "d")
        return disk if "operation" not in disk["status"] else None

    disk: Object = await shop.until(settled)
    claims = {one["metadata"]["labels"]["vireo.dev/sequence"]: one for one in await shop.all(CLAIM)}
    assert sorted(claims) == ["1", "2"]
    assert claims["1"]["metadata"]["name"] == "d"
    assert claims["2"]["spec"]["dataSourceRef"] == {
        "apiGroup": "snapshot.storage.k8s.io",
        "kind": "VolumeSnapshot",
        "name": ASKED,
    }
    assert "ownerReferences" not in claims["2"]["metadata"]
    said = {key: disk["status"][key] for key in ("claim", "sequence", "capacity")}
    assert said == {"claim": claims["2"]["metadata"]["name"], "sequence": 2, "capacity": "1Gi"}
    (kept,) = (one for one in await shop.all(SNAPSHOT) if one["metadata"]["name"] != ASKED)
    assert kept["spec"]["source"] == {"persistentVolumeClaimName": "d"}
    return disk


async def until_said(shop: Shop, reason: str, type_: str = "Complete") -> Object:
    async def said() -> Object | None:
        operation = await shop.must(OPERATION, "undo")
        conditions = operation.get("status", {}).get("conditions", ())
        return next((one for one in conditions if one["type"] == type_ and one["reason"] == reason), None)

    said.__qualname__ = f"undo says {reason}"
    found: Object = await shop.until(said)
    return found


async def _storage(shop: Shop) -> None:
    """What a snapshotter and a provisioner do, as soon as they see that they have to."""
    while True:
        for one in await shop.all(SNAPSHOT):
            if not one.get("status"):
                ready = {"status": {"readyToUse": True, "restoreSize": "1Gi"}}
                await shop.merge(SNAPSHOT, one["metadata"]["name"], ready)
        if (made := await _next(shop)) and not made.get("spec", {}).get("volumeName") and await _makes_volumes(shop):
            with contextlib.suppress(ApiError):  # it is there already
                await shop.volume(made["metadata"]["name"], uid=made["metadata"]["uid"])
        await asyncio.sleep(0.2)


async def _makes_volumes(shop: Shop) -> bool:
    disk = await shop.must(VIRTUAL_DISK, "d")
    return "tests.vireo.dev/no-volumes" not in disk["metadata"].get("annotations", {})


async def _next(shop: Shop) -> Object | None:
    return next((one for one in await shop.all(CLAIM) if one["metadata"]["name"] != "d"), None)


async def _datastore_has_snapshots(shop: Shop) -> bool:
    platform = await shop.must(PLATFORM, THE_PLATFORM.name)
    return any(one["name"] == shop.fast and "snapshotClass" in one for one in platform["status"]["datastores"])


async def _held(shop: Shop) -> Any:
    return (await shop.must(VIRTUAL_DISK, "d"))["status"].get("heldBy")


async def _dead_or_done(shop: Shop) -> bool:
    operation = await shop.must(OPERATION, "undo")
    return shop.died.is_set() or "completionTime" in operation.get("status", {})
