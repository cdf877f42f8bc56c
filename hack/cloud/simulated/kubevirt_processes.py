"""KubeVirt where there are no real nodes: its own operator, virt-api and virt-controller as processes of the host.

Their pods exist too, on simulated nodes, where KWOK calls them Running at the address at which the processes listen. So
KubeVirt's operator installs everything as always: certificates, rights, webhooks, the aggregated API.
"""

import base64
import functools
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cloud import kubevirt, processes
from cloud.api import Api, Object, condition
from cloud.build import binary
from cloud.control_plane import kubeconfig_of, service_account
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.simulated.address import player_address
from cloud.simulated.labels import SIMULATED, TOLERATION, namespace_annotations
from cloud.simulated.load import state_of
from cloud.steps import Failure, NotYet, Step, Steps
from cloud.workloads import apply

NAMESPACE = "kubevirt"
CORE, APPS, BATCH = (f"/{root}/namespaces/{NAMESPACE}" for root in ("api/v1", "apis/apps/v1", "apis/batch/v1"))
SUBRESOURCES = "/apis/apiregistration.k8s.io/v1/apiservices/v1.subresources.kubevirt.io"
STRATEGY = "kubevirt.io/install-strategy"
PORTS = {"virt-operator": 8453, "virt-api": 8443, "virt-controller": 8463}  # they share one address
CERTIFICATES = {  # flags for the files that a pod has as volumes, and the Secret behind each
    "virt-operator": {},
    "virt-api": {"tls": "kubevirt-virt-api-certs", "handler": "kubevirt-virt-handler-certs"},
    "virt-controller": {"prom": "kubevirt-controller-certs"},
}
ADVICE = "the logs of virt-operator, virt-api and virt-controller say why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs KubeVirt, and returns when its API serves. KWOK must run."""
    with steps.step("KubeVirt as processes") as step:
        api = Api(settings)
        apply(api, step, (_namespace(), *_operator(), _kubevirt()), ADVICE)
        _start(settings, api, step, "virt-operator")
        _install_strategy(settings, api, step)
        for part in ("virt-api", "virt-controller"):
            _start(settings, api, step, part)
        step.wait("KubeVirt to be deployed", lambda: kubevirt.check_deployed(api), seconds=120, advice=ADVICE)
        step.wait("KubeVirt's API to serve", lambda: _check_serving(settings, api), seconds=60, advice=ADVICE)


def _namespace() -> Object:
    metadata = {"name": NAMESPACE, "annotations": namespace_annotations()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _operator() -> list[Object]:
    """The operator's manifests, without its wish for a control plane's node: here it has no node at all."""
    manifests = kubevirt.operator()
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            del manifest["spec"]["template"]["spec"]["affinity"]
    return manifests


def _kubevirt() -> Object:
    manifest = kubevirt.kubevirt()
    placement = {"nodePlacement": {"nodeSelector": {SIMULATED: "true"}, "tolerations": [TOLERATION]}}
    manifest["spec"] |= {"infra": {"replicas": 1, **placement}, "workloads": placement}
    return manifest


def _start(settings: Settings, api: Api, step: Step, part: str) -> None:
    """Starts what the part's Deployment says, as soon as it is there, with its account and its certificates."""
    found = step.wait(f"the Deployment {part}", lambda: _get(api, f"{APPS}/deployments/{part}"), 120, advice=ADVICE)
    spec = found["spec"]["template"]["spec"]
    files = _certificates(settings, api, step, part)
    container = spec["containers"][0]
    command = (
        str(binary(part)),
        *container.get("args", []),
        f"--kubeconfig={service_account(settings, part, NAMESPACE, spec['serviceAccountName'])}",
        *(f"--{use}-{kind}-file={file}" for use, pair in files.items() for kind, file in pair.items()),
        f"--listen={player_address(settings)}",
        f"--port={PORTS[part]}",  # said last, so it counts
    )
    certificates = tuple(file for pair in files.values() for file in pair.values())
    processes.start(settings, Process(part, command, _environment(container.get("env", []), part), certificates))


def _certificates(settings: Settings, api: Api, step: Step, part: str) -> dict[str, dict[str, Path]]:
    """The part's certificates and keys as files, by use and kind, written from KubeVirt's Secrets."""
    written: dict[str, dict[str, Path]] = {}
    for use, secret in CERTIFICATES[part].items():
        path = f"{CORE}/secrets/{secret}"
        data = step.wait(f"the Secret {secret}", functools.partial(_get, api, path), 60, advice=ADVICE)["data"]
        folder = state_of(settings) / "kubevirt" / secret
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written[use] = {"cert": folder / "tls.crt", "key": folder / "tls.key"}
        for file in written[use].values():
            file.touch(mode=0o600)
            file.write_bytes(base64.b64decode(data[file.name]))
    return written


def _environment(variables: Iterable[dict[str, Any]], name: str) -> dict[str, str]:
    """The container's variables; of what a kubelet fills in, the pod's name and namespace."""
    fields = {"metadata.name": name, "metadata.namespace": NAMESPACE}
    given = {}
    for variable in variables:
        field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath", "")
        given[variable["name"]] = variable.get("value", fields.get(field, ""))
    return given


def _install_strategy(settings: Settings, api: Api, step: Step) -> None:
    """Does the work of the operator's Job: it writes down, as a ConfigMap, what this version of KubeVirt is made of."""
    what = "virt-operator to ask for its install strategy"
    job = step.wait(what, lambda: _strategy_job(api), 60, log_file(settings, "virt-operator"), ADVICE)
    if job is None:
        return
    container = job["spec"]["template"]["spec"]["containers"][0]
    command = [str(binary("virt-operator")), *container["command"][1:]]
    command += [f"--kubeconfig={kubeconfig_of(settings, 'virt-operator')}"]
    environment = {**os.environ, **_environment(container["env"], "virt-operator")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and "already exists" not in done.stderr:
        raise Failure(f"the install strategy: {done.stderr[-500:]}", log_file(settings, "virt-operator"), ADVICE)


def _strategy_job(api: Api) -> Object | None:
    """The operator's Job; None if its work is done."""
    if api.items(f"{CORE}/configmaps", labelSelector=STRATEGY):
        return None
    jobs = api.items(f"{BATCH}/jobs", labelSelector=STRATEGY)
    if not jobs:
        raise NotYet("its Job")
    return jobs[0]


def _check_serving(settings: Settings, api: Api) -> None:
    """Raises NotYet until the processes run and the API server reaches virt-api."""
    for part in PORTS:
        processes.still_running(settings, part)
    available = condition(_get(api, SUBRESOURCES), "Available")
    if available.get("status") != "True":
        raise NotYet(available.get("message", "the APIService has no condition"))


def _get(api: Api, path: str) -> Object:
    found = api.get(path)
    if found is None:
        raise NotYet(path)
    return found
