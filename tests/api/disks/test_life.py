"""A disk's life at a real API server: made, grown, settled; what is missing is told, and waited for."""

import pytest
from api.disks.shop import Shop

from vireo.api.resources import CLAIM, VIRTUAL_DISK, Resource

pytestmark = pytest.mark.api

QUOTA = Resource("", "v1", "resourcequotas", "ResourceQuota")


async def test_it_is_made_and_its_claim_has_no_owner_that_could_take_the_data_along(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    disk, claim = await shop.must(VIRTUAL_DISK, "d"), await shop.must(CLAIM, "d")
    assert "ownerReferences" not in claim["metadata"]
    assert claim["metadata"]["labels"] == {
        "vireo.dev/managed": "virtualdisk",
        "vireo.dev/disk": "d",
        "vireo.dev/disk-uid": disk["metadata"]["uid"],
        "vireo.dev/sequence": "1",
    }
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["spec"]["volumeMode"] == "Block"
    said = {key: disk["status"][key] for key in ("claim", "sequence", "capacity", "datastore")}
    assert said == {"claim": "d", "sequence": 1, "capacity": "1Gi", "datastore": shop.fast}


async def test_a_disk_costs_its_claim_what_is_said_of_it_and_an_event(shop: Shop) -> None:
    await shop.until_platform_is_known()
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.idle()
    said = [("PATCH", "virtualdisks")]
    assert shop.writes in ([("POST", "persistentvolumeclaims"), *said * n, ("POST", "events")] for n in (1, 2))


async def test_after_a_restart_nothing_is_written(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.disk("kept", deletionPolicy="Delete", datastore="none-such")
    await shop.until_said("Bound")
    await shop.until_said("DatastoreMissing", "kept")
    await shop.idle()
    await shop.stop()
    shop.writes.clear()
    await shop.start()
    await shop.idle()
    assert shop.writes == []


async def test_it_grows_when_its_storage_does(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.disk(size="2Gi")
    assert "from 1Gi to 2Gi" in (await shop.until_said("Expanding"))["message"]
    claim = await shop.must(CLAIM, "d")
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    await shop.resized("d", "2Gi")
    await shop.until_said("Bound")


async def test_a_size_that_did_not_come_is_taken_back(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.disk(size="2000Gi")
    await shop.until_said("Expanding")
    await shop.disk(size="2Gi")
    await shop.until_said("Expanding")

    async def asked_for_less() -> bool:
        claim = await shop.must(CLAIM, "d")
        return bool(claim["spec"]["resources"]["requests"]["storage"] == "2Gi")

    await shop.until(asked_for_less)


async def test_it_does_not_grow_on_a_datastore_that_can_not(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await shop.forbid_expansion()
    await shop.disk(size="2Gi")
    await shop.until_said("ExpansionUnsupported", type_="Stalled")
    assert (await shop.must(CLAIM, "d"))["spec"]["resources"]["requests"]["storage"] == "1Gi"
    await shop.disk(size="1Gi")
    await shop.until_said("Bound")


async def test_a_datastore_that_comes_later_is_used_when_it_comes(shop: Shop) -> None:
    later = f"later-{shop.namespace}"
    await shop.disk(datastore=later)
    assert later in (await shop.until_said("DatastoreMissing"))["message"]
    await shop.storage_class(later)
    await shop.until_said("Provisioning")
    assert (await shop.must(CLAIM, "d"))["spec"]["storageClassName"] == later


async def test_a_datastore_that_was_mistyped_is_corrected(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk(datastore="fsat")
    await shop.until_said("DatastoreMissing")
    await shop.disk()
    await shop.until_said("Bound")


async def test_what_the_provisioner_says_is_told(shop: Shop) -> None:
    await shop.disk()
    await shop.until_said("Provisioning")
    await shop.warn("d", "ProvisioningFailed", "the array is full")
    assert "the array is full" in (await shop.until_said("ProvisioningFailed"))["message"]
    await shop.volume("d")
    await shop.until_said("Bound")


async def test_a_size_that_can_not_be_made_is_corrected(shop: Shop) -> None:
    await shop.disk(size="9000Gi")
    await shop.until_said("Provisioning")
    await shop.warn("d", "ProvisioningFailed", "the array is full")
    await shop.until_said("ProvisioningFailed")
    await shop.disk(size="1Gi")
    await shop.until_said("Provisioning")
    await shop.volume("d")
    await shop.until_said("Bound")
    assert (await shop.must(CLAIM, "d"))["spec"]["resources"]["requests"]["storage"] == "1Gi"


async def test_a_size_beyond_the_quota_is_corrected(shop: Shop) -> None:
    await shop.create(QUOTA, {"metadata": {"name": "team"}, "spec": {"hard": {"requests.storage": "5Gi"}}})
    await shop.volume("d")
    await shop.disk(size="9Gi")
    assert "exceeded quota: team" in (await shop.until_said("Refused", type_="Stalled"))["message"]
    await shop.disk(size="1Gi")
    await shop.until_said("Bound")


async def test_a_datastore_that_can_not_make_it_is_corrected(shop: Shop) -> None:
    other = f"other-{shop.namespace}"
    await shop.storage_class(other)
    await shop.disk(datastore=other)
    await shop.until_said("Provisioning")
    await shop.disk()
    await shop.until_said("Provisioning")
    await shop.volume("d")
    await shop.until_said("Bound")
    assert (await shop.must(CLAIM, "d"))["spec"]["storageClassName"] == shop.fast


async def test_on_a_datastore_that_waits_it_is_ready_for_its_first_use(shop: Shop) -> None:
    waits = f"waits-{shop.namespace}"
    await shop.storage_class(waits, waits=True)
    await shop.disk(datastore=waits)
    await shop.until_said("WaitingForFirstUse")
    assert (await shop.must(VIRTUAL_DISK, "d"))["status"]["claim"] == "d"


async def test_with_delete_the_claim_goes_first_and_then_the_disk(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk(deletionPolicy="Delete")
    await shop.until_said("Bound")
    await shop.delete(VIRTUAL_DISK, "d")
    await shop.until_gone(VIRTUAL_DISK, "d")
    assert await shop.get(CLAIM, "d") is None
