"""A namespace of a real control plane, with an operator of the toy kind in this process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from api.server import Server
from reconcile.cluster import CRDS, DEADLINE_SECONDS, NAMESPACES, Cluster
from reconcile.toy import CRD, TOY

from vireo.kube.client import APPLY, ApiError, Client


@pytest.fixture(scope="session")
def left(control_plane: str) -> Iterator[list[str]]:
    """Namespaces whose tests are over. They go last: to delete one takes more requests than a test, and others would wait for them."""
    names: list[str] = []
    yield names
    server = Server(control_plane)
    for name in names:
        server.ask("DELETE", NAMESPACES.path(name=name))


@pytest.fixture
async def cluster(quiet_cluster: Cluster) -> AsyncIterator[Cluster]:
    await quiet_cluster.start()
    try:
        yield quiet_cluster
    finally:
        await quiet_cluster.stop()


@pytest.fixture
async def quiet_cluster(control_plane: str, left: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    """Its operator is yet to begin."""
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        namespace = f"toys-{uuid.uuid4().hex[:8]}"
        await _make_crd(client)
        await client.request("POST", NAMESPACES.path(), body={"metadata": {"name": namespace}})
        try:
            yield Cluster(client, namespace)
        finally:
            await client.request("DELETE", TOY.path(namespace))
            left.append(namespace)


async def _make_crd(client: Client) -> None:
    query = {"fieldManager": "tests", "force": "true"}
    await client.request("PATCH", CRDS.path(name="toys.vireo.dev"), query, CRD, content_type=APPLY)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            try:
                await client.request("GET", TOY.path())
                return
            except ApiError:
                await asyncio.sleep(0.1)
