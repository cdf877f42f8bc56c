"""Operators as processes, and a namespace in which they are given disks to make claims of."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.replicas.replica import NAMESPACE, Replica, written
from api.server import Server

from vireo.api.resources import CLAIM, VIRTUAL_DISK
from vireo.kube.leadership import LEASES

PATIENCE_SECONDS = 40


@dataclass
class Field:
    """Operators, and a namespace in which they are given disks to make claims of."""

    server: Server
    kubeconfig: str
    namespace: str
    logs: Path
    replicas: list[Replica] = field(default_factory=list)

    def start(self) -> Replica:
        log = self.logs / f"operator-{len(self.replicas)}.log"
        self.replicas.append(Replica.start(self.kubeconfig, self.namespace, log))
        return self.replicas[-1]

    def start_both(self) -> tuple[Replica, Replica]:
        """The one that leads, and the one that stands by."""
        first = self.start()
        self.until(lambda: first.identity)
        second = self.start()
        self.until(lambda: second.stands_by)
        return first, second

    def until(self, true: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := true()):
            logs = "\n".join(one.log.read_text()[-1500:] for one in self.replicas)
            assert time.monotonic() < deadline, f"not true within {seconds} s\n{logs}"
            time.sleep(0.1)
        return found

    @property
    def lease(self) -> Mapping[str, Any]:
        spec: Mapping[str, Any] = self.server.ask("GET", LEASES.path(NAMESPACE, self.namespace)).body["spec"]
        return spec

    def forget_the_lead(self) -> None:
        """So that nobody waits for the Lease of one that is dead."""
        self.server.must("DELETE", LEASES.path(NAMESPACE, self.namespace))

    @property
    def audit_log(self) -> Path:
        return Path(self.kubeconfig).parent / "log/audit.log"

    def mark(self) -> int:
        return self.audit_log.stat().st_size

    def disk(self, name: str) -> None:
        body = {"apiVersion": VIRTUAL_DISK.api_version, "kind": VIRTUAL_DISK.kind, "metadata": {"name": name}}
        spec = {"size": "1Gi", "datastore": f"fast-{self.namespace}", "deletionPolicy": "Delete"}
        self.server.must("POST", VIRTUAL_DISK.path(self.namespace), {**body, "spec": spec})

    def has_claim(self, name: str) -> bool:
        return self.server.ask("GET", CLAIM.path(self.namespace, name)).code == 200

    def claims(self) -> list[str]:
        found = self.server.must("GET", CLAIM.path(self.namespace)).body["items"]
        return [one["metadata"]["name"] for one in found]

    def agents(self, since: int) -> list[str]:
        """Who wrote in the namespace, in order, where that changed anything."""
        return [agent for agent, _, code in written(self.audit_log, since, self.namespace) if code < 300]
