"""`vireo check` looks at a real API server, and says the same as the Platform would."""

from datetime import UTC, datetime

import pytest

from vireo.kinds.platform.types import Component, Datastore, PlatformStatus
from vireo.kube.client import Client
from vireo.process.check import as_text, look
from vireo.process.main import main

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.api
async def test_a_bare_cluster_lacks_kubevirt_and_says_how_to_get_it(
    control_plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    async with await Client.connect() as client:
        status = await look(client, NOW)
    first = status.components[0]
    assert (first.name, first.state) == ("KubeVirt", "Missing")
    assert "Install KubeVirt" in (first.message or "")
    assert all(one.message for one in status.components if one.state == "Missing")


@pytest.mark.api
def test_the_exit_code_says_whether_vireo_can_work(
    control_plane: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", "")
    assert main(["check", f"--kubeconfig={control_plane}"]) == 1
    assert "KubeVirt           Missing" in capsys.readouterr().out


def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", "")
    assert main(["check", "--kubeconfig=/does/not/exist"]) == 2
    assert "/does/not/exist" in capsys.readouterr().err


def test_what_is_missing_stands_below_the_tables_with_what_mends_it() -> None:
    status = PlatformStatus(
        components=(
            Component(name="KubeVirt", state="Supported", version="v1.8.2"),
            Component(name="Metrics", state="Missing", message="Install metrics-server."),
        ),
        datastores=(Datastore(name="fast", default=True, expansion=True, snapshot_class="files"),),
    )
    assert as_text(status).splitlines() == [
        "COMPONENT   STATE       VERSION",
        "KubeVirt    Supported   v1.8.2",
        "Metrics     Missing     -",
        "",
        "DATASTORE        BINDING     EXPANSION   SNAPSHOTS   ACCESS MODES",
        "fast (default)   Immediate   yes         files       ReadWriteOnce",
        "",
        "Metrics: Install metrics-server.",
    ]
