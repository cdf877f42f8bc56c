"""The CRD of the disks is deleted, and every disk with it: the data stays, and disks of the old names find it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from api.disks.shop import Shop

from vireo.api.resources import CLAIM, VIRTUAL_DISK, Resource
from vireo.kube.client import APPLY, ApiError

pytestmark = pytest.mark.api

CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
NAME = "virtualdisks.vireo.dev"
FILE = Path(__file__).parents[3] / "crds" / f"{NAME}.yaml"


@pytest.fixture
async def restored(shop: Shop) -> AsyncIterator[None]:
    """The CRD is there again for the next test."""
    yield
    await _apply_crd(shop)


@pytest.mark.usefixtures("restored")
async def test_the_claim_stays_and_is_neither_used_nor_covered_up(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    before = await shop.must(CLAIM, "d")

    await shop.delete(CRDS, NAME)
    await shop.until_gone(CRDS, NAME)
    assert (await shop.must(CLAIM, "d"))["metadata"]["uid"] == before["metadata"]["uid"]

    await _apply_crd(shop)
    await shop.disk()
    await shop.until_said("ClaimRetained", type_="Stalled")
    await shop.annotate("d")
    await shop.until_said("Bound")
    assert (await shop.must(CLAIM, "d"))["metadata"]["uid"] == before["metadata"]["uid"]


async def _apply_crd(shop: Shop) -> None:
    """Returns when the API server serves disks again."""
    query = {"fieldManager": "vireo-tests", "force": "true"}
    await shop.client.request(
        "PATCH", CRDS.path(name=NAME), query, yaml.safe_load(FILE.read_text()), content_type=APPLY
    )

    async def served() -> bool:
        try:
            await shop.client.request("GET", VIRTUAL_DISK.path(shop.namespace))
        except ApiError:
            return False
        return True

    await shop.until(served)
