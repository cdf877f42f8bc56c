"""A namespace in which the webhook has something to say, and its users."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from api.server import JSON, MERGE, Answer, Server
from chart.webhook import Replica
from support.user import disk
from support.waiting import until

from cloud.build import binary
from vireo.api.resources import CLAIM, STORAGE_CLASS, VIRTUAL_DISK
from vireo.kinds import KINDS

FIXED: Final = "can-not-grow"
VOLUMES: Final = "/api/v1/persistentvolumes"


@dataclass(frozen=True)
class Shop:
    """A namespace with a disk of 1Gi on a datastore that can not expand, whose claim is bound as a storage would have done it."""

    server: Server
    kubeconfig: str
    namespace: str
    replica: Replica

    def kubectl(self, *arguments: str, given: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        command = [str(binary("kubectl")), "--namespace", self.namespace, *arguments, "--filename=-"]
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig}
        return subprocess.run(
            command, env=environment, input=json.dumps(given), capture_output=True, text=True, check=False
        )

    def change(self, **spec: Any) -> Answer:
        return self.server.ask("PATCH", VIRTUAL_DISK.path(self.namespace, "data"), {"spec": spec}, MERGE)

    def try_to_make(self, given: Mapping[str, Any]) -> Answer:
        """As `kubectl create --dry-run=server` does."""
        resource = next(kind.resource for kind in KINDS if kind.resource.kind == given["kind"])
        return self.server.ask("POST", resource.path(self.namespace), given, JSON, dryRun="All")

    def is_told(self) -> bool:
        """Whether the webhook is asked, and its answer taken."""
        return bool(self.try_to_make(disk("probe", datastore="none-such")).warnings)

    @property
    def disk(self) -> Mapping[str, Any]:
        return self.server.must("GET", VIRTUAL_DISK.path(self.namespace, "data")).body


@contextmanager
def opened(server: Server, kubeconfig: str, replica: Replica) -> Iterator[Shop]:
    """A shop, once the webhook speaks in it."""
    namespace = f"shop-{uuid.uuid4().hex[:8]}"
    server.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    made = {"metadata": {"name": FIXED}, "provisioner": "tests.vireo.dev/by-hand"}
    server.must("POST", STORAGE_CLASS.path(), {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **made})
    shop = Shop(server, kubeconfig, namespace, replica)
    try:
        _store_disk(shop)
        until(shop.is_told)  # a configuration is in force a moment later
        yield shop
    finally:
        server.must("DELETE", f"/api/v1/namespaces/{namespace}")
        server.must("DELETE", f"{VOLUMES}/{namespace}")
        server.must("DELETE", STORAGE_CLASS.path(name=FIXED))


def _store_disk(shop: Shop) -> None:
    """As the operator and a provisioner leave them; the cluster's own binder does the rest."""
    ours = {"observedGeneration": 1, "claim": "data", "sequence": 1, "datastore": FIXED, "capacity": "1Gi"}
    path, claims = VIRTUAL_DISK.path(shop.namespace), CLAIM.path(shop.namespace)
    made = shop.server.must("POST", path, disk("data", datastore=FIXED)).body
    shop.server.must("PATCH", f"{path}/data/status", {"status": ours}, MERGE)
    labels = {"vireo.dev/disk": "data", "vireo.dev/disk-uid": made["metadata"]["uid"], "vireo.dev/sequence": "1"}
    common = {"storageClassName": FIXED, "accessModes": ["ReadWriteOnce"]}
    volume = {
        "capacity": {"storage": "1Gi"},
        "csi": {"driver": "tests.vireo.dev", "volumeHandle": shop.namespace},
        "claimRef": {"namespace": shop.namespace, "name": "data"},
    }
    shop.server.must("POST", VOLUMES, {"metadata": {"name": shop.namespace}, "spec": {**common, **volume}})
    claim = {
        "metadata": {"name": "data", "labels": labels},
        "spec": {**common, "resources": {"requests": {"storage": "1Gi"}}},
    }
    shop.server.must("POST", claims, claim)
    until(lambda: shop.server.must("GET", f"{claims}/data").body["status"]["phase"] == "Bound")
