"""Starts KWOK and the player, and makes the nodes that they play."""

import sys
from ipaddress import IPv4Network
from pathlib import Path

from cloud import pki, processes
from cloud.api import Api, Object, condition, documents
from cloud.build import binary
from cloud.control_plane import kubeconfig_of, server
from cloud.pki import Identity, pair
from cloud.processes import Process, log_file
from cloud.settings import CHECKOUT, Settings
from cloud.simulated import kubevirt_processes, nodes
from cloud.simulated.address import make_reachable, player_address
from cloud.simulated.labels import DOWN, HANDLER, KUBELETS, NODE, SIMULATED
from cloud.simulated.load import state_of
from cloud.simulated.player.durations import write_defaults
from cloud.steps import NotYet, Steps
from cloud.workloads import apply

HERE = Path(__file__).parent
KWOK, PLAYER = "kwok", "simulated-virt-handler"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
ADVICE = "the log above says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Makes the wanted number of simulated nodes be there, Ready, each with the heartbeat of its virt-handler.

    Where there are no real nodes, KubeVirt is installed too, as processes of the host.
    """
    with steps.step("simulated nodes") as step:
        api = Api(settings)
        make_reachable(settings)
        _make_credentials(settings)
        apply(api, step, documents((HERE / "rbac.yaml").read_text()), ADVICE, seconds=30)
        _start_kwok(settings, api)
        _start_player(settings)
        _make_nodes(settings, api)
        what, seconds = f"{settings.simulated_nodes} nodes to be Ready", 60 + settings.simulated_nodes / 5
        step.wait(what, lambda: _check(settings, api), seconds, log_file(settings, PLAYER), ADVICE)
    if not settings.real_nodes:
        kubevirt_processes.deploy(settings, steps)


def pods(settings: Settings) -> IPv4Network:
    """The addresses of pods on simulated nodes; nothing answers there."""
    return list(settings.network.simulated.subnets(prefixlen_diff=1))[1]


def _make_credentials(settings: Settings) -> None:
    accounts = ("system:serviceaccounts", "system:serviceaccounts:kubevirt")
    pki.make(
        settings,
        [
            Identity(KWOK, "vireo:simulated-kwok"),
            Identity(HANDLER, "system:serviceaccount:kubevirt:kubevirt-handler", accounts),
            Identity(NODE, "vireo:simulated-node"),
            Identity(KUBELETS, "vireo:simulated-kubelets", hosts=(str(player_address(settings)),)),
        ],
    )
    file = kubeconfig_of(settings, KWOK)
    file.touch(mode=0o600)
    file.write_text(pki.kubeconfig(settings, KWOK, server(settings)))
    state_of(settings).mkdir(exist_ok=True)
    write_defaults(state_of(settings) / "durations.json")


def _start_kwok(settings: Settings, api: Api) -> None:
    """KWOK takes nodes over only when the lease of who had them has ended. So a new one finds none."""
    stages = tuple(sorted((HERE / "stages").glob("*.yaml")))
    command = (
        str(binary("kwok")), f"--kubeconfig={kubeconfig_of(settings, KWOK)}",
        *(f"--config={file}" for file in stages),
        "--node-lease-duration-seconds=40",  # as a kubelet's, renewed every 10 s
        f"--manage-nodes-with-label-selector={SIMULATED}=true,!{DOWN}",
        f"--node-ip={player_address(settings)}", f"--cidr={pods(settings)}",
    )  # fmt: skip
    process = Process(KWOK, command, files=(*stages, pair(settings, KWOK).certificate))
    running = processes.find(settings, KWOK)
    if running is None or running.fingerprint != process.fingerprint():
        processes.end(processes.everything(settings, KWOK), patience=5)
        for node in _existing(api):
            api.delete(f"{LEASES}/{node['metadata']['name']}")
    processes.start(settings, process)


def _start_player(settings: Settings) -> None:
    command = (
        sys.executable, "-m", "cloud.simulated.player", f"--server={server(settings)}", f"--pki={settings.pki}",
        f"--address={player_address(settings)}", f"--state={state_of(settings)}",
    )  # fmt: skip
    read = (*sorted(HERE.rglob("*.py")), state_of(settings) / "durations.json")
    certificates = tuple(pair(settings, name).certificate for name in (HANDLER, NODE, KUBELETS))
    environment = {"PYTHONPATH": str(CHECKOUT / "hack"), "PYTHONUNBUFFERED": "1"}
    processes.start(settings, Process(PLAYER, command, environment, (*read, *certificates)))


def _existing(api: Api) -> list[Object]:
    return api.items("/api/v1/nodes", labelSelector=f"{SIMULATED}=true")


def _make_nodes(settings: Settings, api: Api) -> None:
    """Makes those that are missing, deletes those that are too many, and gives the others what nodes have by now."""
    there = {node["metadata"]["name"]: node["metadata"]["annotations"] for node in _existing(api)}
    for number in range(settings.simulated_nodes):
        annotations = nodes.annotations(number)
        if nodes.name(number) not in there:
            api.request("POST", "/api/v1/nodes", nodes.node(number))
        elif not annotations.items() <= there[nodes.name(number)].items():
            api.merge(f"/api/v1/nodes/{nodes.name(number)}", {"metadata": {"annotations": annotations}})
    for name in there.keys() - {nodes.name(number) for number in range(settings.simulated_nodes)}:
        api.delete(f"/api/v1/nodes/{name}")


def _check(settings: Settings, api: Api) -> None:
    """Raises NotYet until every node that answers is Ready, and its virt-handler's heart beats."""
    for process in (KWOK, PLAYER):
        processes.still_running(settings, process)
    answering = [node for node in _existing(api) if DOWN not in node["metadata"]["labels"]]
    ready = sum(condition(node, "Ready").get("status") == "True" for node in answering)
    beating = sum("kubevirt.io/heartbeat" in node["metadata"].get("annotations", {}) for node in answering)
    if min(ready, beating) < len(answering):
        raise NotYet(f"{ready} Ready and {beating} with a virt-handler's heartbeat of {len(answering)}")
