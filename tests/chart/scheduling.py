"""The chart's scheduler as a process of the host with the rights of its pod, and a node that pods can be bound to. No kubelet runs them."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import yaml
from api.server import MERGE, Server
from chart.helm import NAMESPACE, Helm, Object
from support.ports import free_port
from support.waiting import until

from cloud.build import binary

NAME: Final = "vireo-scheduler"
LEASE: Final = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{NAME}"
NODES: Final = "/api/v1/nodes"
TAINT: Final = {"key": "tests.vireo.dev/no-kubelet", "effect": "NoSchedule"}
"""Keeps off what is not of a test: whatever comes there never ends by itself."""


def deployment(shown: list[Object]) -> Object:
    """The scheduler's, of what the chart renders."""
    return next(one for one in shown if one["kind"] == "Deployment" and one["metadata"]["name"] == NAME)


def command(helm: Helm, kubeconfig: str, folder: Path, extender: str = "") -> list[str]:
    """kube-scheduler as the chart starts it, with its configuration. In a pod the credentials are where it looks by itself; where an
    extender is named it asks that one."""
    shown = helm.rendered()
    written = next(one for one in shown if one["kind"] == "ConfigMap" and one["metadata"]["name"] == NAME)["data"]
    config = yaml.safe_load(written["config.yaml"])
    config["clientConnection"] = {**config.get("clientConnection", {}), "kubeconfig": kubeconfig}
    if extender:
        config["extenders"][0]["urlPrefix"] = extender
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    container = deployment(shown)["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["kube-scheduler"]
    asked = [one for one in container["args"] if one != "--config=/etc/vireo-scheduler/config.yaml"]
    assert len(asked) == len(container["args"]) - 1
    who = [f"--{part}-kubeconfig={kubeconfig}" for part in ("authentication", "authorization")]
    return [str(binary("kube-scheduler")), f"--config={file}", *asked, *who]


@contextmanager
def running(arguments: list[str], log: Path) -> Iterator[Callable[[], None]]:
    """In a `with`, it runs, unless it is killed there by what this gives."""
    where = ["--bind-address=127.0.0.1", f"--secure-port={free_port()}"]
    with log.open("wb") as out:
        process = subprocess.Popen([*arguments, *where], stdout=out, stderr=out)
    killed = Event()

    def kill() -> None:
        killed.set()
        process.kill()

    try:
        yield kill
        assert killed.is_set() or process.poll() is None, f"kube-scheduler ended:\n{log.read_text()[-4000:]}"
    finally:
        process.terminate()
        process.wait(timeout=30)


@dataclass
class Extender:
    """One that likes one node best, or says what it is told to. Where it hangs it answers at its end only."""

    best: str
    hangs: bool = False
    says: bytes = b""
    url: str = ""
    asked: list[Object] = field(default_factory=list)
    ends: Event = field(default_factory=Event)


@contextmanager
def answering(extender: Extender) -> Iterator[Extender]:
    """In a `with`, it listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            extender.asked.append({"path": self.path, **asked})
            if extender.hangs:
                extender.ends.wait()
            body = json.dumps([{"Host": one, "Score": 10 * (one == extender.best)} for one in asked["NodeNames"]])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(extender.says or body.encode())

        def log_message(self, *_arguments: object) -> None:
            """The test says what it saw."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        extender.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield extender
        finally:
            extender.ends.set()
            server.shutdown()


@contextmanager
def node(server: Server, name: str, **allocatable: str) -> Iterator[None]:
    """In a `with`, there is one of that size."""
    server.must("POST", NODES, {"metadata": {"name": name}, "spec": {"taints": [TAINT]}})
    has = {"pods": "10", **allocatable}
    server.must("PATCH", f"{NODES}/{name}/status", {"status": {"capacity": has, "allocatable": has}}, MERGE)
    try:
        yield
    finally:
        server.must("DELETE", f"{NODES}/{name}")


def pod(name: str, **requests: str) -> Object:
    """One that names the scheduler, and goes to any node."""
    container = {"name": "main", "image": "registry.example/none:1", "resources": {"requests": requests}}
    spec = {"schedulerName": NAME, "tolerations": [{"operator": "Exists"}], "containers": [container]}
    return {"metadata": {"name": name}, "spec": {**spec, "automountServiceAccountToken": False}}


def placed(server: Server, path: str) -> str:
    """The node of a pod; empty as long as it has none."""
    found: str = server.must("GET", path).body["spec"].get("nodeName", "")
    return found


def refusal(server: Server, path: str) -> str:
    """Why no node takes it, in the scheduler's words."""
    said: list[Mapping[str, Any]] = server.must("GET", path).body["status"].get("conditions", [])
    found = (one.get("message", "") for one in said if one["type"] == "PodScheduled" and one["status"] == "False")
    return next(found, "")


@contextmanager
def pods(server: Server, namespace: str, *made: Object) -> Iterator[None]:
    """In a `with`, there are these."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    until(lambda: server.ask("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/default").code == 200)
    for one in made:
        server.must("POST", path, one)
    try:
        yield
    finally:
        for one in made:
            server.must("DELETE", f"{path}/{one['metadata']['name']}", gracePeriodSeconds="0")
