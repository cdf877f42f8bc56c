"""The chart, by the helm that installs it, on a control plane without nodes."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from api.server import APPLY, Server
from chart.helm import NAMESPACE, Helm
from chart.webhook import as_its_pod

POLICIES = "/apis/admissionregistration.k8s.io/v1"
GUARD = [f"{POLICIES}/validatingadmission{part}/vireo-keep-crds" for part in ("policybindings", "policies")]
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


@pytest.fixture(scope="session")
def helm(control_plane: str, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    home = tmp_path_factory.mktemp("helm")
    homes = {f"HELM_{use}_HOME": str(home / use) for use in ("CACHE", "CONFIG", "DATA")}
    return Helm({**os.environ, **homes, "KUBECONFIG": control_plane})


@pytest.fixture(scope="session")
def server(control_plane: str) -> Server:
    return Server(control_plane)


@pytest.fixture(scope="session")
def installed(helm: Helm, server: Server) -> Iterator[Server]:
    """The control plane with Vireo installed, in a namespace where Pod Security is restricted."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": RESTRICTED}}
    path = f"/api/v1/namespaces/{NAMESPACE}"
    server.must("PATCH", path, namespace, APPLY, fieldManager="tests", force="true")
    helm.install()
    yield server
    helm("uninstall", "vireo")
    for guard in GUARD:  # it stays on purpose; these CRDs are not in need of it any more
        server.must("DELETE", guard)
    server.must("DELETE", path)


@pytest.fixture
def kubeconfig(installed: Server, control_plane: str, tmp_path: Path) -> str:
    """With the rights of the chart's scheduler."""
    return str(as_its_pod(installed, control_plane, tmp_path / "kubeconfig", "vireo-scheduler"))


@pytest.fixture
def shop(installed: Server) -> Iterator[str]:
    """A namespace."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    installed.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    installed.must("DELETE", f"/api/v1/namespaces/{name}")
