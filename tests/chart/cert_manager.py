"""cert-manager as the tests of the chart use it: its CRDs, and its own controllers as a process of the host."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from api.conftest import CRDS, wait_until_served
from api.server import APPLY, MERGE, Server
from chart.helm import NAMESPACE

from cloud.build import artefact, binary

CERTIFICATES: Final = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificates"


@contextmanager
def running(server: Server, kubeconfig: str, log: Path) -> Iterator[None]:
    """In a `with`, cert-manager is installed. Its CRDs stay."""
    for file in sorted(artefact("cert-manager-crds").iterdir()):
        crd = yaml.safe_load(file.read_text())
        server.must("PATCH", f"{CRDS}/{crd['metadata']['name']}", crd, APPLY, fieldManager="tests", force="true")
        wait_until_served(server, crd)
    with log.open("wb") as out:
        environment = {**os.environ, "KUBECONFIG": kubeconfig}
        process = subprocess.Popen([str(binary("cert-manager"))], env=environment, stdout=out, stderr=out)
    try:
        yield
        assert process.poll() is None, f"cert-manager ended:\n{log.read_text()[-4000:]}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def is_ready(server: Server, name: str) -> bool:
    """Whether the Certificate is issued, and no other is on its way."""
    conditions = server.must("GET", f"{CERTIFICATES}/{name}").body.get("status", {}).get("conditions", ())
    said = {one["type"]: one["status"] for one in conditions}
    return said.get("Ready") == "True" and said.get("Issuing") != "True"


def renew(server: Server, name: str) -> None:
    """Has the Certificate issued anew, as `cmctl renew` does."""
    path = f"{CERTIFICATES}/{name}"
    status: dict[str, Any] = dict(server.must("GET", path).body["status"])
    asked = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
    }
    status["conditions"] = [*(one for one in status["conditions"] if one["type"] != "Issuing"), asked]
    server.must("PATCH", f"{path}/status", {"status": status}, MERGE)
