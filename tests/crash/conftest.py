"""An API server in whose cluster nothing happens by itself."""

from collections.abc import AsyncIterator, Iterator

import pytest
from crash.still import still_server
from reconcile.toy import KIND

from vireo.kinds import KINDS
from vireo.kube.client import Client


@pytest.fixture(scope="session")
def still_kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with still_server(tmp_path_factory.mktemp("still") / "cloud", (*KINDS, KIND)) as kubeconfig:
        yield kubeconfig


@pytest.fixture
async def still(still_kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("KUBECONFIG", still_kubeconfig)
    async with await Client.connect() as client:
        yield client
