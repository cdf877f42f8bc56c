"""`vireo admission` as a process of the host with the rights of its pod, and the API server told to ask it there."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from api.server import Server
from chart.helm import NAMESPACE
from support.ports import free_port
from support.waiting import until

from vireo.admission.keeper import WEBHOOKS
from vireo.api.resources import SECRET

PROJECT: Final = Path(__file__).parents[2]
NAME: Final = "vireo-admission"
CONFIGURATION: Final = WEBHOOKS.path(name=NAME)
CERTIFICATE: Final = SECRET.path(NAMESPACE, NAME)
ENDPOINTS: Final = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
JSON_PATCH: Final = "application/json-patch+json"
AT_SERVICE: Final = "/webhooks/0/clientConfig/service"
AT_URL: Final = "/webhooks/0/clientConfig/url"


def own_address() -> str:
    """By which the host is known to others: an endpoint must not be on loopback. Nothing is sent to the address for documentation."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        return address


@dataclass
class Replica:
    """One process. `options` are those that say which certificates it serves with."""

    kubeconfig: Path
    log: Path
    options: tuple[str, ...] = ("--host=localhost",)
    port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = (*self.options, f"--kubeconfig={self.kubeconfig}", f"--namespace={NAMESPACE}")
        ports = (f"--port={self.port}", f"--health-port={self.health_port}")
        command = (sys.executable, "-m", "vireo.process.main", "admission", *options, *ports)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(PROJECT / "operator")}, stdout=out, stderr=out
            )
        until(lambda: self.page("readyz") == "ok")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/review"

    @property
    def certificate(self) -> str:
        """What it serves with, in PEM."""
        return ssl.get_server_certificate(("localhost", self.port))

    def page(self, name: str) -> str:
        """What /livez, /readyz or /metrics says; empty where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://localhost:{self.health_port}/{name}", timeout=5) as answer:
                text: str = answer.read().decode()
        except OSError:
            return ""
        return text

    def reviews(self, outcome: str) -> int:
        """How many reviews of disks ended so."""
        line = f'vireo_admission_review_duration_seconds_count{{outcome="{outcome}",resource="virtualdisks.vireo.dev"}}'
        found = [row.rpartition(" ")[2] for row in self.page("metrics").splitlines() if row.startswith(line)]
        return int(float(found[0])) if found else 0


def as_its_pod(server: Server, control_plane: str, file: Path, account: str = NAME) -> Path:
    """A kubeconfig with a token of the chart's service account."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = server.must("POST", path, request).body["status"]["token"]
    config: dict[str, Any] = yaml.safe_load(Path(control_plane).read_text())
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config))
    return file


@contextlib.contextmanager
def behind_the_service(server: Server, port: int) -> Iterator[None]:
    """The Service leads to this port of the host, by an endpoint that stands for a pod's: what the chart wrote stays as it is."""
    name = f"{NAME}-of-the-host"
    made = {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [own_address()], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": port}],
    }
    server.must("POST", ENDPOINTS, made)
    try:
        yield
    finally:
        server.must("DELETE", f"{ENDPOINTS}/{name}")


@contextlib.contextmanager
def asked_at(server: Server, url: str) -> Iterator[None]:
    """The API server asks there, and not at the Service, behind which no pod runs here."""
    service = server.must("GET", CONFIGURATION).body["webhooks"][0]["clientConfig"]["service"]
    to_url = [{"op": "remove", "path": AT_SERVICE}, {"op": "add", "path": AT_URL, "value": url}]
    back = [{"op": "remove", "path": AT_URL}, {"op": "add", "path": AT_SERVICE, "value": service}]
    server.must("PATCH", CONFIGURATION, to_url, JSON_PATCH)
    try:
        yield
    finally:
        server.must("PATCH", CONFIGURATION, back, JSON_PATCH)
