"""Vireo in the cloud: its own image by its own chart and the real helm, as pods on real nodes.

With VIREO_RUN=process the chart brings everything but the pods, and the operator and the scheduler run on the host with the pods'
identities: the developer's quick loop. So it does where there are no real nodes, since a simulated node runs no program. The webhook is
then left out: nothing needs it, and the API server reaches no process of the host through a Service.
"""

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import image
from cloud import processes, registry, scheduler
from cloud.api import Api, condition
from cloud.build import binary
from cloud.control_plane import service_account
from cloud.processes import Process, Running, log_file
from cloud.settings import CHECKOUT, Settings
from cloud.steps import Failure, NotYet, Step, Steps
from cloud.workloads import check_rolled_out

NAMESPACE, RELEASE = "vireo", "vireo"
OPERATOR, ADMISSION = "vireo-operator", "vireo-admission"
WITHOUT_PODS = {"replicas": 0, "admission": {"enabled": False}, "scheduler": {"replicas": 0}}
"""The values of the chart where the host runs what pods would."""
ONE_OF_EACH: dict[str, Any] = {
    "admission": {"replicas": 1},
    "scheduler": {"replicas": 1, "extender": {"timeout": "5s"}},
}
"""Two cores run all nodes, and what takes a millisecond elsewhere may wait for one of them. Of operators there are two all the same, so
that one takes over."""
USER = f"system:serviceaccount:{NAMESPACE}:{OPERATOR}"
CHART = CHECKOUT / "charts/vireo"
HEALTH_PORT = 18080  # and the cloud's index: of the operator as a process
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
ADVICE = "`kubectl -n vireo get pods,events` and `kubectl -n vireo logs deploy/vireo-operator` say why"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs Vireo, or makes what is installed as the checkout is now, and returns when the operator has seen all, the webhook
    serves, and there is a scheduler."""
    with steps.step("Vireo") as step:
        api = Api(settings)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": RESTRICTED}}
        step.wait("the namespace", lambda: api.apply(namespace), seconds=30, advice=ADVICE)
        if settings.run == "process":
            install(settings, step, WITHOUT_PODS)
            scheduler.start(settings, NAMESPACE, step)
            start_process(settings)
        else:
            processes.end(processes.everything(settings, OPERATOR), patience=8)
            scheduler.stop(settings)
            install(settings, step, {"image": _pushed(settings, steps), **_of_pods(settings)})
            for name in (OPERATOR, ADMISSION, scheduler.NAME):
                check = functools.partial(check_rolled_out, api, NAMESPACE, f"deployments/{name}")
                step.wait(f"the pods of {name}", check, seconds=120, advice=ADVICE)


def wait_ready(settings: Settings, steps: Steps) -> None:
    """Returns when Vireo calls the cluster fit for it."""
    with steps.step("Vireo ready") as step:
        api = Api(settings)
        log = log_file(settings, OPERATOR) if settings.run == "process" else None
        step.wait("the Platform to be Ready", lambda: _check_platform(api), seconds=60, log=log, advice=ADVICE)


def _of_pods(settings: Settings) -> dict[str, Any]:
    """The values of the chart where nodes run its pods."""
    extender = {**ONE_OF_EACH["scheduler"]["extender"], "prometheus": settings.prometheus_url}
    return {**ONE_OF_EACH, "scheduler": {**ONE_OF_EACH["scheduler"], "extender": extender}}


def _pushed(settings: Settings, steps: Steps) -> dict[str, str]:
    """The values that name the image of the sources as they are, which the registry then has."""
    built = image.build(steps)
    registry.push(settings, [built])
    repository, _, tag = built.reference.rpartition(":")
    return {"repository": repository, "tag": tag}


def install(settings: Settings, step: Step, values: dict[str, Any]) -> None:
    """`helm upgrade --install` with these values, unless the release is what it would be."""
    wanted = ("--install", "--namespace", NAMESPACE, RELEASE, str(CHART), "--set-json", _set_json(values))
    if _is_installed(settings, wanted):
        return
    step.say("helm upgrade --install")
    helm(settings, "upgrade", *wanted)


def _is_installed(settings: Settings, wanted: tuple[str, ...]) -> bool:
    listed = json.loads(helm(settings, "list", "--namespace", NAMESPACE, "--output", "json"))
    if not any(release["name"] == RELEASE and release["status"] == "deployed" for release in listed):
        return False
    planned = json.loads(helm(settings, "upgrade", *wanted, "--dry-run", "--output", "json"))
    return bool(planned["manifest"].strip() == manifest(settings).strip())


def manifest(settings: Settings) -> str:
    """What is installed, as helm made it."""
    return helm(settings, "get", "manifest", "--namespace", NAMESPACE, RELEASE)


def _set_json(values: dict[str, Any]) -> str:
    return ",".join(f"{name}={json.dumps(value)}" for name, value in values.items())


def helm(settings: Settings, *arguments: str) -> str:
    """What helm prints. Raises Failure with its words."""
    homes = {f"HELM_{use}_HOME": str(settings.dir / "helm" / use.lower()) for use in ("CACHE", "CONFIG", "DATA")}
    environment = {**os.environ, **homes, "KUBECONFIG": str(settings.kubeconfig)}
    command = [str(binary("helm")), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"helm {arguments[0]}: {done.stderr.strip()}", advice=ADVICE)
    return done.stdout


def start_process(settings: Settings) -> Running:
    """The operator as a process of the host, with the pod's identity."""
    return processes.start(settings, operator(settings, service_account(settings, OPERATOR, NAMESPACE, OPERATOR)))


def operator(settings: Settings, kubeconfig: Path) -> Process:
    """The operator as a process of the host."""
    where = (f"--leader-elect-resource-namespace={NAMESPACE}", f"--scheduler-name={scheduler.NAME}")
    options = (f"--kubeconfig={kubeconfig}", f"--port={port(settings)}", *where)
    as_in_the_pod = {
        "PYTHONPYCACHEPREFIX": str(settings.dir / "pycache"),
        "PYTHONDONTWRITEBYTECODE": "",
        "MALLOC_TRIM_THRESHOLD_": "131072",
    }
    return processes.of_vireo(OPERATOR, "run", *options, environment=as_in_the_pod)


def stop_process(settings: Settings) -> None:
    """Ends the operator on the host as a kubelet would: it is asked, and hands its Lease over."""
    processes.end(processes.everything(settings, OPERATOR), patience=30)


def port(settings: Settings) -> int:
    """Where the operator on the host serves health and metrics."""
    return HEALTH_PORT + settings.network.index


def _check_platform(api: Api) -> None:
    found = api.get("/apis/vireo.dev/v1alpha1/platforms/default")
    if found is None:
        raise NotYet("the operator has not made it")
    ready = condition(found, "Ready")
    if ready.get("status") != "True":
        raise NotYet(str(ready.get("message", "nothing said yet")))
