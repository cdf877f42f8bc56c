"""A namespace of a real control plane, with an operator of the toy kind in this process."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from reconcile.cluster import CRDS, DEADLINE_SECONDS, NAMESPACES, Cluster
from reconcile.toy import CRD, TOY

from vireo.kube.client import APPLY, ApiError, Client


@pytest.fixture
async def cluster(control_plane: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        namespace = f"toys-{uuid.uuid4().hex[:8]}"
        await make_crd(client)
        await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": namespace}})
        cluster = Cluster(client, namespace)
        await cluster.start()
        try:
            yield cluster
        finally:
            await cluster.stop()
            await client.request("DELETE", NAMESPACES.path(name=namespace))


async def make_crd(client: Client) -> None:
    query = {"fieldManager": "tests", "force": "true"}
    await client.request("PATCH", CRDS.path(name="toys.vireo.dev"), query, CRD, content_type=APPLY)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            try:
                await client.request("GET", TOY.path())
                return
            except ApiError:
                await asyncio.sleep(0.1)
