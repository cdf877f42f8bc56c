"""Deployments and DaemonSets: whether they are rolled out, and if not, what their pods wait for."""

from cloud.api import Api, Object, condition
from cloud.steps import NotYet


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
