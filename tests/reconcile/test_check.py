"""`vireo check` looks at a real API server, and says the same as the Platform would."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vireo.kinds.platform.types import Component, Datastore, PlatformStatus
from vireo.kube.client import Client
from vireo.process.check import as_text, look

PROJECT = Path(__file__).parents[2]
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
def test_the_exit_code_says_whether_vireo_can_work(control_plane: str) -> None:
    done = run_check(control_plane)
    assert done.returncode == 1
    assert "KubeVirt           Missing" in done.stdout


def test_without_credentials_it_says_so() -> None:
    done = run_check("/does/not/exist")
    assert done.returncode == 2
    assert "vireo check: CONNECT /does/not/exist" in done.stderr


def run_check(kubeconfig: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "vireo.process.main", "check", f"--kubeconfig={kubeconfig}")
    environment = {name: value for name, value in os.environ.items() if name != "KUBERNETES_SERVICE_HOST"}
    environment["PYTHONPATH"] = str(PROJECT / "operator")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


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
