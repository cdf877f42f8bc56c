"""What nodes and pods are measured to use, as anyone asks for it: `kubectl top`, and the API metrics.k8s.io behind it."""

import pytest
from support.user import MACHINES, User, machine

from cloud.api import Api
from cloud.settings import Settings
from cloud.simulated import load
from cloud.simulated.quantities import in_bytes
from cloud.steps import NotYet

METRICS = "/apis/metrics.k8s.io/v1beta1"
PARTS = {"n": 1e-9, "u": 1e-6, "m": 1e-3}


@pytest.mark.cloud
def test_a_real_node_and_a_real_pod_show_what_they_use(settings: Settings) -> None:
    user = User(settings, "kube-system")
    _, of_node, _, in_node, _ = user.kubectl("top", "node", settings.node_names[0], "--no-headers").split()
    _, of_pod, in_pod = user.kubectl("top", "pod", "--selector=k8s-app=metrics-server", "--no-headers").split()
    assert _cores(of_node) >= _cores(of_pod) > 0
    assert in_bytes(in_node) > in_bytes(in_pod) > 0


@pytest.mark.simulated
def test_a_simulated_machine_is_measured_at_what_was_set_for_it(there: User) -> None:
    assert load.main([f"{there.namespace}/a", "--cpu=1.5", "--memory=100Mi"]) == 0
    there.apply(machine("a"))
    host = there.until_ready(MACHINES, "a", "Running")["status"]["host"]
    api = Api(there.settings)

    def measured() -> float:
        pods = api.items(f"{METRICS}/namespaces/{there.namespace}/pods", labelSelector="kubevirt.io=virt-launcher")
        [found] = [one["usage"] for pod in pods for one in pod["containers"] if one["name"] == "compute"] or [None]
        if found is None or in_bytes(found["memory"]) != in_bytes("100Mi"):
            raise NotYet(str(found))
        return _cores(found["cpu"])

    assert there.until("the machine to be measured", measured) == pytest.approx(1.5, rel=0.05)
    assert _cores(there.kubectl("top", "node", host, "--no-headers").split()[1]) > 1.5


def _cores(text: str) -> float:
    """The cores of a quantity such as 1500m."""
    return float(text.rstrip("num")) * PARTS.get(text[-1], 1.0)
