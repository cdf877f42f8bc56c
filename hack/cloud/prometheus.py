"""A Prometheus as a process of the host, with VIREO_PROMETHEUS=1: it scrapes KubeVirt's virt-handlers and the kubelets' cAdvisor.

The jobs say what KubeVirt's own ServiceMonitor and the usual one of the kubelets would have the Prometheus operator say.
"""

import urllib.request
from pathlib import Path
from typing import Any

import yaml

from cloud import processes
from cloud.build import binary
from cloud.kubevirt import NAMESPACE
from cloud.pki import pair
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.steps import NotYet, Steps

NAME = "prometheus"
EVERY = "10s"
ADVICE = "the log above says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Starts it unless it runs. Returns when it answers: what it scrapes may come later."""
    with steps.step("Prometheus") as step:
        processes.start(settings, _process(settings, _config_file(settings)))

        def ready() -> None:
            processes.still_running(settings, NAME)
            try:
                urllib.request.urlopen(f"{settings.prometheus_url}/-/ready", timeout=5).close()
            except OSError as error:
                raise NotYet(str(error)) from error

        step.wait(settings.prometheus_url, ready, seconds=60, log=log_file(settings, NAME), advice=ADVICE)


def stop(settings: Settings) -> None:
    """Ends it, as where it is not asked for any more."""
    processes.end(processes.everything(settings, NAME), patience=8)


def config(settings: Settings) -> dict[str, Any]:
    """What it reads: whom it scrapes. KubeVirt's certificates are of an authority of its own, which names no address."""
    admin = pair(settings, "admin")
    files = {"cert_file": str(admin.certificate), "key_file": str(admin.key)}
    kubelets = {"ca_file": str(pair(settings, "ca").certificate), **files}
    handlers = _found(settings, "pod", namespaces={"names": [NAMESPACE]})
    return {
        "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY},
        "scrape_configs": [
            {
                "job_name": "kubevirt",
                "scheme": "https",
                "honor_labels": True,  # namespace, name and node are those of the machine
                "tls_config": {"insecure_skip_verify": True},
                **handlers,
                "relabel_configs": [
                    _relabelled("keep", "pod_label_kubevirt_io", "virt-handler"),
                    _relabelled("keep", "pod_container_port_name", "metrics"),
                ],
            },
            {
                "job_name": "kubelets",
                "scheme": "https",
                "metrics_path": "/metrics/cadvisor",
                "tls_config": kubelets,
                **_found(settings, "node"),
                "relabel_configs": [_relabelled("drop", "node_label_vireo_dev_simulated", "true")],
            },
        ],
    }


def _found(settings: Settings, role: str, **options: Any) -> dict[str, Any]:
    """Its targets are asked of the API server."""
    return {"kubernetes_sd_configs": [{"role": role, "kubeconfig_file": str(settings.kubeconfig), **options}]}


def _relabelled(action: str, label: str, value: str) -> dict[str, Any]:
    return {"action": action, "source_labels": [f"__meta_kubernetes_{label}"], "regex": value}


def _config_file(settings: Settings) -> Path:
    file = settings.dir / f"{NAME}.yaml"
    file.write_text(yaml.safe_dump(config(settings), sort_keys=False))
    return file


def _process(settings: Settings, file: Path) -> Process:
    command = (
        str(binary(NAME)), f"--config.file={file}", f"--storage.tsdb.path={settings.dir / NAME}",
        "--storage.tsdb.retention.time=6h", f"--web.listen-address={settings.prometheus_url.removeprefix('http://')}",
        "--log.level=warn",
    )  # fmt: skip
    return Process(NAME, command, files=(file, pair(settings, "admin").certificate))
