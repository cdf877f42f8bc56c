"""Of two operators one works. The other takes over when it is killed, paused or stopped, and what it then does nobody disturbs."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from api.replicas.replica import NAMESPACE, Replica, written
from api.server import Answer, Server

from vireo.api.resources import CLAIM, PLATFORM, STORAGE_CLASS, VIRTUAL_DISK
from vireo.kube.leadership import LEASES

pytestmark = pytest.mark.api

TAKEOVER_SECONDS = 20
PATIENCE_SECONDS = 40
NAMESPACES = "/api/v1/namespaces"
FINALIZERS = {"metadata": {"finalizers": None}}


@dataclass
class Pair:
    """Two operators, and a namespace in which they are given disks to make claims of."""

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


@pytest.fixture
def pair(
    server: Server,
    control_plane: str,
    applied: Mapping[str, Answer],  # noqa: ARG001 - the CRDs must be there
    tmp_path: Path,
) -> Iterator[Pair]:
    namespace = f"pair-{uuid.uuid4().hex[:8]}"
    server.must("POST", NAMESPACES, {"metadata": {"name": namespace}})
    datastore = {"metadata": {"name": f"fast-{namespace}"}, "provisioner": "tests.vireo.dev/by-hand"}
    server.must("POST", STORAGE_CLASS.path(), {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **datastore})
    pair = Pair(server, control_plane, namespace, tmp_path)
    try:
        yield pair
    finally:
        for replica in pair.replicas:
            replica.kill()
        for one in server.must("GET", VIRTUAL_DISK.path(namespace)).body["items"]:
            path = VIRTUAL_DISK.path(namespace, one["metadata"]["name"])
            server.ask("PATCH", path, FINALIZERS, "application/merge-patch+json")
        server.ask("DELETE", f"{NAMESPACES}/{namespace}")
        server.ask("DELETE", STORAGE_CLASS.path(name=f"fast-{namespace}"))
        server.ask("DELETE", LEASES.path(NAMESPACE, namespace))
        server.ask("DELETE", PLATFORM.path(name="default"))


def test_one_works_and_the_other_takes_over_when_it_is_killed(pair: Pair) -> None:
    first, second = pair.start_both()
    since = pair.mark()
    pair.disk("a")
    pair.until(lambda: pair.has_claim("a"))
    assert set(pair.agents(since)) == {first.identity}

    first.kill()
    since = pair.mark()
    pair.disk("b")
    pair.until(lambda: pair.has_claim("b"), TAKEOVER_SECONDS)
    assert set(pair.agents(since)) == {second.identity}
    assert pair.claims() == ["a", "b"]


def test_who_is_stopped_hands_over_and_the_other_does_not_wait(pair: Pair) -> None:
    first, second = pair.start_both()
    waits = pair.lease["leaseDurationSeconds"]
    first.stop()
    assert first.process.returncode == 0
    pair.until(lambda: second.identity, waits / 2)
    assert pair.lease["holderIdentity"] == second.identity
    pair.disk("a")
    pair.until(lambda: pair.has_claim("a"))


def test_who_was_paused_beyond_its_time_changes_nothing_when_it_goes_on(pair: Pair) -> None:
    first, second = pair.start_both()
    pair.disk("a")
    pair.until(lambda: pair.has_claim("a"))

    first.pause()
    for name in ("b", "c", "d"):  # first hears of them when it goes on
        pair.disk(name)
    pair.until(lambda: second.identity)
    pair.until(lambda: pair.claims() == ["a", "b", "c", "d"])
    since = pair.mark()
    pair.disk("e")
    first.go_on()
    pair.until(lambda: first.ended)
    pair.until(lambda: pair.has_claim("e"))
    assert set(pair.agents(since)) == {second.identity}
    assert "another operator leads" in first.log.read_text()
    assert "Traceback" not in first.log.read_text()
    assert first.process.returncode == 1
