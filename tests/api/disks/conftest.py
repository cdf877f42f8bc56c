"""A shop: a namespace with a datastore and the operator."""

import uuid
from collections.abc import AsyncIterator, Mapping

import pytest
from api.disks.shop import VOLUME, Shop
from api.server import Answer

from vireo.api.resources import OPERATION, PLATFORM, STORAGE_CLASS, VIRTUAL_DISK, VIRTUAL_MACHINE, Resource
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kube.client import Client

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)


@pytest.fixture
async def shop(
    control_plane: str,
    applied: Mapping[str, Answer],  # noqa: ARG001 - the CRDs must be there
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Shop]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        namespace = f"shop-{uuid.uuid4().hex[:8]}"
        await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": namespace}})
        shop = Shop(client, namespace)
        await shop.storage_class(shop.fast)
        await shop.start()
        try:
            yield shop
        finally:
            await shop.stop()
            await _clean(shop)


async def _clean(shop: Shop) -> None:
    """What has a finalizer of ours would stay without an operator, and so would the Platform that it made."""
    await shop.delete(PLATFORM, THE_PLATFORM.name)
    for resource in (OPERATION, VIRTUAL_MACHINE, VIRTUAL_DISK):
        for one in await shop.all(resource):
            await shop.merge(resource, one["metadata"]["name"], {"metadata": {"finalizers": None}})
    await shop.delete(NAMESPACES, shop.namespace)
    for resource in (VOLUME, STORAGE_CLASS):
        for name in (one["metadata"]["name"] for one in await shop.all(resource)):
            if shop.namespace in name:
                await shop.delete(resource, name)
