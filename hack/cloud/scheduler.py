"""Vireo's scheduler and its extender as processes of the host, where no node runs their pods: with the chart's configuration and rights."""

from pathlib import Path
from typing import Any

import yaml

from cloud import processes
from cloud.api import Api
from cloud.build import binary
from cloud.control_plane import https_status, service_account
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.steps import NotYet, Step

NAME, EXTENDER = "vireo-scheduler", "vireo-extender"
EXTENDER_PORT, SCHEDULER_PORT = 8899, 10260  # at the cloud's loopback address, 10259 being the cluster's own scheduler
HEALTH_PORT = 18180  # and the cloud's index: of the extender
ADVICE = "the log above says why; `make up` again goes on where it stopped"


def start(settings: Settings, namespace: str, step: Step) -> None:
    """Starts what does not run yet, and returns when the scheduler is healthy: it needs no extender to place pods."""
    kubeconfig = service_account(settings, NAME, namespace, NAME)
    processes.start(settings, extender(settings, kubeconfig))
    start_with(settings, kubeconfig, config(settings, namespace), step)


def start_with(settings: Settings, kubeconfig: Path, config: dict[str, Any], step: Step) -> None:
    """Starts the scheduler alone, unless it runs with this configuration, and returns when it is healthy."""
    processes.start(settings, _scheduler(settings, kubeconfig, config))
    local = str(settings.network.loopback)

    def healthy() -> None:
        processes.still_running(settings, NAME)
        if (answer := https_status(local, SCHEDULER_PORT, "/healthz")) != "200":
            raise NotYet(answer)

    step.wait(f"{NAME} at {local}:{SCHEDULER_PORT}", healthy, seconds=60, log=log_file(settings, NAME), advice=ADVICE)


def stop(settings: Settings) -> None:
    """Ends both, as where pods are to take their place."""
    processes.end([one for name in (NAME, EXTENDER) for one in processes.everything(settings, name)], patience=8)


def extender(settings: Settings, kubeconfig: Path) -> Process:
    """The extender as a process of the host."""
    options = (
        f"--kubeconfig={kubeconfig}", f"--host={settings.network.loopback}", f"--port={EXTENDER_PORT}",
        f"--health-port={health_port(settings)}", f"--prometheus={settings.prometheus_url}",
    )  # fmt: skip
    return processes.of_vireo(EXTENDER, "extender", *options)


def health_port(settings: Settings) -> int:
    """Where the extender on the host serves health and metrics."""
    return HEALTH_PORT + settings.network.index


def _scheduler(settings: Settings, kubeconfig: Path, config: dict[str, Any]) -> Process:
    file = settings.dir / f"{NAME}.yaml"
    client = {**config.get("clientConnection", {}), "kubeconfig": str(kubeconfig)}
    alone = {"leaderElect": False}
    file.write_text(yaml.safe_dump({**config, "clientConnection": client, "leaderElection": alone}))
    command = (
        str(binary("kube-scheduler")), f"--config={file}", "--authentication-skip-lookup",
        f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={settings.network.loopback}", f"--secure-port={SCHEDULER_PORT}",
    )  # fmt: skip
    return Process(NAME, command, files=(file, kubeconfig))


def config(settings: Settings, namespace: str) -> dict[str, Any]:
    """The scheduler's, as the chart installed it; it asks the extender of the host."""
    found = Api(settings).get(f"/api/v1/namespaces/{namespace}/configmaps/{NAME}")
    assert found is not None, "the chart has it"
    installed: dict[str, Any] = yaml.safe_load(found["data"]["config.yaml"])
    for one in installed["extenders"]:
        one["urlPrefix"] = f"http://{settings.network.loopback}:{EXTENDER_PORT}"
    return installed
