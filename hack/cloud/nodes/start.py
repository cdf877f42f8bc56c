"""Starts the real nodes: credentials, network, namespaces; ready when Kubernetes says so."""

import json
import sys
from pathlib import Path

from cloud import cgroups, control_plane, pki, processes, storage
from cloud.api import Api, condition
from cloud.build import binary
from cloud.networks import node as networks
from cloud.nodes import host
from cloud.nodes.node import Node, files, nodes, plan
from cloud.pki import Identity, pair
from cloud.processes import Process
from cloud.settings import CHECKOUT, Settings
from cloud.steps import NotYet, Step, Steps

BINARIES = ("containerd", "containerd-shim-runc-v2", "ctr", "kubectl", "kubelet", "kube-proxy")
CNI_PLUGINS = ("bridge", "host-local", "loopback", "multus", "portmap", "static", "tap")
WORKER, CONTROL_PLANE = ({f"node-role.kubernetes.io/{role}": ""} for role in ("worker", "control-plane"))
ADVICE = "the log above says why; `make down` and `make up` begin afresh"


def deploy(settings: Settings, steps: Steps) -> None:
    """Starts the nodes that do not run yet, and returns when all are Ready."""
    with steps.step("nodes") as step:
        launch(settings, step)
        for node in nodes(settings):
            wait_ready(node, step)


def launch(settings: Settings, step: Step) -> None:
    """Starts the nodes that do not run yet. The API server need not be there."""
    for node in nodes(settings):
        prepare(node)
    for node in nodes(settings):
        boot(node, step)


def prepare(node: Node) -> None:
    """Writes all that the node reads: credentials, configuration, the plan for its first process."""
    pki.make(
        node.settings,
        [
            Identity(node.name, f"system:node:{node.name}", ("system:nodes",), (node.name, str(node.address))),
            Identity(f"{node.name}-proxy", "system:kube-proxy"),
            Identity(f"{node.name}-multus", networks.MULTUS_USER),
            Identity(f"{node.name}-bridge-marker", networks.MARKER_USER),
        ],
    )
    for path, content in (files(node) | _credentials(node)).items():
        _write(node.dir / path.lstrip("/"), content)
    machine_id = node.dir / "etc/machine-id"
    if not machine_id.exists():
        machine_id.write_text(f"{node.settings.network.index:016x}{node.number:016x}\n")
    (node.dir / "var/lib").mkdir(parents=True, exist_ok=True)
    (node.dir / "root").mkdir(exist_ok=True)
    node.settings.shared.mkdir(exist_ok=True)
    binaries = {name: binary(name) for name in BINARIES} | {"bridge-marker": networks.MARKER}
    plugins = {name: binary(name) for name in CNI_PLUGINS}
    _write(_plan_file(node), json.dumps(plan(node, binaries, plugins), indent=1))


def _write(file: Path, content: str) -> None:
    """Leaves a file alone that says so already: kube-proxy ends when its configuration is written, even if with the same; and when all
    is looked through once more, a node that has just been launched may be reading it."""
    if not file.exists() or file.read_text() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def boot(node: Node, step: Step) -> None:
    """Starts the node's first process in fresh namespaces and plugs its cable in, unless it runs as planned."""
    read = (_plan_file(node), node.dir / "etc/kubernetes/kubelet.yaml", node.dir / "etc/containerd/config.toml",
            node.dir / "etc/kubernetes/kubelet.kubeconfig")  # fmt: skip
    process = Process(node.name, _first_process(node), _python_path(), read)
    before = processes.find(node.settings, node.name)
    if before is None or before.fingerprint != process.fingerprint():
        power_off(node, step)
    cgroups.make(f"{node.cgroup}/system")
    now = processes.start(node.settings, process)
    step.wait(
        f"{node.name}'s namespaces",
        lambda: host.plug_in(node, now.pid, fresh=now != before),
        seconds=20,
        log=processes.log_file(node.settings, node.name),
        advice=ADVICE,
    )


def power_off(node: Node, step: Step) -> None:
    """Ends the node and all that runs on it, and takes away what only a node of one's own machine would leave in the
    kernel: devices, and control groups, over which the next kubelet would stumble for a minute."""
    processes.end(processes.everything(node.settings, node.name), patience=0)
    storage.release(node.settings, node.name)
    step.wait("its control groups to empty", lambda: cgroups.remove(node.cgroup), seconds=20, advice=ADVICE)


def wait_ready(node: Node, step: Step) -> None:
    """Returns when Kubernetes calls the node Ready, of its present boot."""
    api = Api(node.settings)

    def ready() -> None:
        processes.still_running(node.settings, node.name)
        found = api.get(f"/api/v1/nodes/{node.name}")
        if found is None:
            raise NotYet("its kubelet has not registered it")
        if found["status"]["nodeInfo"]["bootID"] != _boot_id(node):
            raise NotYet("its kubelet has not been heard of since it booted")
        state = condition(found, "Ready")
        if state.get("status") != "True":
            raise NotYet(str(state.get("message", "no state yet")))
        # KubeVirt puts its own pods on nodes of the control plane only.
        labels = WORKER | CONTROL_PLANE if node.number == 1 else WORKER
        api.merge(f"/api/v1/nodes/{node.name}", {"metadata": {"labels": labels}})

    step.wait(f"{node.name} to be Ready", ready, seconds=90, log=node.log("kubelet"), advice=ADVICE)


def _boot_id(node: Node) -> str:
    """What the node's kernel calls its present boot (see init.py). Raises NotYet while its root is being built."""
    running = processes.find(node.settings, node.name)
    try:
        return Path(f"/proc/{running.pid if running else 0}/root/run/boot_id").read_text().strip()
    except FileNotFoundError:
        raise NotYet("its root is being built") from None


def _first_process(node: Node) -> tuple[str, ...]:
    """One kill of this process ends the whole node."""
    return (
        "unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private",
        sys.executable, "-m", "cloud.nodes.init", str(_plan_file(node)),
    )  # fmt: skip


def _python_path() -> dict[str, str]:
    return {"PYTHONPATH": str(CHECKOUT / "hack")}


def _plan_file(node: Node) -> Path:
    return node.dir / "plan.json"


def _credentials(node: Node) -> dict[str, str]:
    server = control_plane.server(node.settings)
    return {
        "/etc/kubernetes/ca.crt": pair(node.settings, "ca").certificate.read_text(),
        "/etc/kubernetes/kubelet.crt": pair(node.settings, node.name).certificate.read_text(),
        "/etc/kubernetes/kubelet.key": pair(node.settings, node.name).key.read_text(),
        "/etc/kubernetes/kubelet.kubeconfig": pki.kubeconfig(node.settings, node.name, server),
        "/etc/kubernetes/kube-proxy.kubeconfig": pki.kubeconfig(node.settings, f"{node.name}-proxy", server),
        networks.MARKER_KUBECONFIG: pki.kubeconfig(node.settings, f"{node.name}-bridge-marker", server),
        networks.KUBECONFIG: pki.kubeconfig(node.settings, f"{node.name}-multus", server),
    }
