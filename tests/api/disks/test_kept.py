"""Data outlives objects: what a disk leaves, what is not its own, and how a person gives it to the next."""

import pytest
from api.disks.shop import VOLUME, Object, Shop

from vireo.api.resources import CLAIM, VIRTUAL_DISK, Resource

pytestmark = pytest.mark.api

CONFIG_MAP = Resource("", "v1", "configmaps", "ConfigMap")


async def test_kept_it_is_taken_by_the_next_disk_only_when_a_person_asks_and_each_time_anew(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    before = await shop.must(CLAIM, "d")
    for _ in range(2):
        await shop.delete(VIRTUAL_DISK, "d")
        await shop.until_gone(VIRTUAL_DISK, "d")
        await shop.disk()
        stalled = await shop.until_said("ClaimRetained", type_="Stalled")
        assert 'annotate it vireo.dev/adopt="true"' in stalled["message"]
        await shop.annotate("d")
        await shop.until_said("Bound")
    after, disk = await shop.must(CLAIM, "d"), await shop.must(VIRTUAL_DISK, "d")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["spec"] == before["spec"]
    assert after["metadata"]["labels"]["vireo.dev/disk-uid"] == disk["metadata"]["uid"]


async def test_kept_under_another_name_it_is_not_covered_up(shop: Shop) -> None:
    await shop.create(CLAIM, _claim(shop, "d-8f3a", {"vireo.dev/disk": "d", "vireo.dev/disk-uid": "of-the-earlier"}))
    await shop.disk()
    await shop.until_said("ClaimRetained", type_="Stalled")
    assert await shop.get(CLAIM, "d") is None


async def test_when_what_was_kept_is_deleted_the_disk_is_made(shop: Shop) -> None:
    await shop.create(CLAIM, _claim(shop, "d", {"vireo.dev/disk": "d", "vireo.dev/disk-uid": "of-the-earlier"}))
    await shop.disk()
    await shop.until_said("ClaimRetained", type_="Stalled")
    await shop.delete(CLAIM, "d")
    await shop.until_said("Provisioning")
    await shop.volume("d")
    await shop.until_said("Bound")


async def test_a_claim_of_others_is_left_alone_and_taken_as_it_is_when_a_person_asks(shop: Shop) -> None:
    await shop.volume("d", shared=False)
    await shop.create(CLAIM, await _owned(shop, _claim(shop, "d", {"team": "shop"}, shared=False)))
    await shop.disk()
    await shop.until_said("ForeignObject", type_="Stalled")
    assert (await shop.must(CLAIM, "d"))["metadata"]["labels"] == {"team": "shop"}
    await shop.annotate("d")
    await shop.until_said("Bound")
    claim = await shop.must(CLAIM, "d")
    assert claim["metadata"]["labels"]["team"] == "shop"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "ownerReferences" not in claim["metadata"]
    assert "vireo.dev/adopt" not in claim["metadata"].get("annotations", {})


async def test_when_a_claim_of_others_goes_the_disk_is_made(shop: Shop) -> None:
    await shop.create(CLAIM, _claim(shop, "d", {}))
    await shop.disk()
    await shop.until_said("ForeignObject", type_="Stalled")
    await shop.delete(CLAIM, "d")
    await shop.until_said("Provisioning")
    await shop.volume("d")
    await shop.until_said("Bound")


async def test_a_claim_that_others_deleted_is_not_covered_up_and_its_volume_can_come_back(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.delete(CLAIM, "d")
    await shop.until_said("ClaimLost", type_="Stalled")
    await shop.until_gone(CLAIM, "d")
    await shop.idle()
    assert await shop.all(CLAIM) == []
    await shop.merge(
        VOLUME, f"{shop.namespace}-d", {"spec": {"claimRef": {"name": "rescued", "uid": None, "resourceVersion": None}}}
    )
    await shop.create(CLAIM, _claim(shop, "rescued", {"vireo.dev/disk": "d"}))
    await shop.annotate("rescued")
    await shop.until_said("Bound")
    status = (await shop.must(VIRTUAL_DISK, "d"))["status"]
    assert (status["claim"], status["sequence"]) == ("rescued", 2)


async def test_labels_that_were_taken_off_are_put_back(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    labels = (await shop.must(CLAIM, "d"))["metadata"]["labels"]
    await shop.merge(CLAIM, "d", {"metadata": {"labels": {"vireo.dev/sequence": None, "vireo.dev/managed": "no"}}})

    async def right() -> bool:
        return bool((await shop.must(CLAIM, "d"))["metadata"]["labels"] == labels)

    await shop.until(right)


def _claim(shop: Shop, name: str, labels: dict[str, str], *, shared: bool = True) -> Object:
    """A claim that somebody made."""
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "storageClassName": shop.fast,
            "accessModes": ["ReadWriteMany"] if shared else ["ReadWriteOnce"],
            "volumeMode": "Block" if shared else "Filesystem",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


async def _owned(shop: Shop, claim: Object) -> Object:
    """The claim with a controller that would take it along."""
    await shop.create(CONFIG_MAP, {"metadata": {"name": "owner"}})
    uid = (await shop.must(CONFIG_MAP, "owner"))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid, "controller": True}
    return {**claim, "metadata": {**claim["metadata"], "ownerReferences": [owner]}}
