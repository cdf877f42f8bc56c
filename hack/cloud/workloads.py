"""What is installed: manifests that are applied; whether Deployments and DaemonSets are rolled out, and what their pods wait for."""

import functools
import subprocess
from collections.abc import Iterable

from cloud.api import Api, Object, condition, documents
from cloud.build import binary
from cloud.steps import Failure, NotYet, Step


def apply(api: Api, step: Step, manifests: Iterable[Object], advice: str, seconds: int = 60) -> None:
    """One after the other, each as soon as the API server takes it. Raises Failure after so many seconds for one."""
    for manifest in manifests:
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        step.wait(name, functools.partial(api.apply, manifest), seconds=seconds, advice=advice)


def printed(program: str, *arguments: str) -> list[Object]:
    """The manifests that a program of ours prints by the generators of an operator's module. Raises Failure with its words."""
    command = (str(binary(program)), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{command[0]}: {done.stderr.strip()}", advice="a fault of the build: see hack/cloud/build")
    return documents(done.stdout)


def check_rolled_out(api: Api, namespace: str, path: str) -> None:
    """Raises NotYet until every replica of `deployments/NAME` or `daemonsets/NAME` is of its latest kind, and available."""
    found = api.get(f"/apis/apps/v1/namespaces/{namespace}/{path}")
    if found is None:
        raise NotYet(f"there is no {path} yet")
    status, name = found.get("status", {}), found["metadata"]["name"]
    wanted = status.get("desiredNumberScheduled", found["spec"].get("replicas", 0))
    if status.get("observedGeneration") != found["metadata"]["generation"] or not wanted:
        raise NotYet(f"{name} is about to be rolled out")
    updated = status.get("updatedNumberScheduled", status.get("updatedReplicas", 0))
    available = status.get("numberAvailable", status.get("availableReplicas", 0))
    if min(updated, available) < wanted or status.get("replicas", 0) > wanted:
        raise NotYet(f"{name}: {min(updated, available)} of {wanted} ready{_why_not(api, namespace, found)}")


def _why_not(api: Api, namespace: str, workload: Object) -> str:
    """What keeps its pods from running, such as `, ImagePullBackOff`."""
    labels = workload["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{name}={value}" for name, value in labels.items())
    pods = api.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)
    return "".join(f", {reason}" for reason in sorted({reason for pod in pods for reason in _waits_for(pod)}))


def _waits_for(pod: Object) -> list[str]:
    status = pod.get("status", {})
    placed = condition(pod, "PodScheduled")
    if placed.get("status") == "False":
        return [str(placed.get("message", "not scheduled"))]
    containers = (*status.get("initContainerStatuses", []), *status.get("containerStatuses", []))
    waiting = [one["state"]["waiting"] for one in containers if "waiting" in one.get("state", {})]
    return [str(one.get("reason", "waiting")) for one in waiting[:1]]
