"""What Prometheus says of a real machine and a real pod: a cloud that was brought up with VIREO_PROMETHEUS=1 has one.

That the series are KubeVirt's and the kubelets' own, by the names and labels that they have, is the point: the queries are the extender's.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from support.user import MACHINES, SMALL, WORKLOADS, User, disk, machine, workload

from cloud.console import Console
from cloud.extender import sources
from cloud.settings import Settings
from cloud.steps import NotYet
from vireo.api.measures import Quantity, Sample
from vireo.kube.measures import Prometheus

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

MIB = 2**20
BUSY = "while :; do :; done"
MINUTES = 240.0  # seconds: rates need two scrapes, and a guest that computes needs some more on a busy machine


@dataclass(frozen=True)
class Placed:
    """Where the user's pods are, as they are now."""

    user: User

    def node_of(self, pod: str) -> str:
        namespace, _, name = pod.partition("/")
        found = self.user.get("pods", name) if namespace == self.user.namespace else None
        return str(found["spec"].get("nodeName", "")) if found else ""

    def pod_of(self, namespace: str, machine: str, node: str) -> str:
        if namespace != self.user.namespace:
            return ""
        pods = self.user.items("pods", f"vm.kubevirt.io/name={machine}")
        here = [pod["metadata"]["name"] for pod in pods if pod["spec"].get("nodeName") == node]
        return f"{namespace}/{here[0]}" if here else ""


@pytest.fixture(scope="module")
def url(settings: Settings) -> str:
    if not settings.prometheus_url:
        pytest.skip("this cloud has no Prometheus: VIREO_PROMETHEUS=1 make up")
    return settings.prometheus_url


@pytest.fixture(scope="module")
def measured(url: str, tenant: User) -> Iterator[str]:
    """The pod of a machine with a disk that it writes, which computes, and asks over the network."""
    assert url
    tenant.apply(disk("d"), machine("m", hardware=SMALL, disks=[{"name": "data", "disk": "d"}]))
    tenant.until_ready(MACHINES, "m", "Running")
    with tenant.console("m") as console:
        _keep_busy(console)
        [pod] = tenant.items("pods", "vm.kubevirt.io/name=m")
        yield f"{tenant.namespace}/{pod['metadata']['name']}"


def _keep_busy(console: Console) -> None:
    gateway = "ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'"
    console.run(f"({BUSY}) >/dev/null 2>&1 &")
    console.run("(while :; do dd if=/dev/zero of=/dev/vdb bs=64k count=16 conv=fsync; sleep 1; done) >/dev/null 2>&1 &")
    console.run(f"(while :; do ping -c 1 -s 1000 $({gateway}); sleep 1; done) >/dev/null 2>&1 &")


def said(user: User, url: str, pod: str) -> dict[Quantity, Sample]:
    """What is said of a pod, by quantity."""

    async def ask() -> list[Sample]:
        return [one async for one in Prometheus(url).samples(Placed(user), datetime.now(UTC))]

    return {one.quantity: one for one in asyncio.run(ask()) if one.workload == pod}


def test_a_machine_is_measured_in_all_that_is_asked_for(tenant: User, url: str, measured: str) -> None:
    def all_of_it() -> dict[Quantity, Sample]:
        found = said(tenant, url, measured)
        if found.keys() != {"memory", "disk", "network", "efficiency"} or not all(one.value for one in found.values()):
            raise NotYet(str(found))
        return found

    found = tenant.until("all to be measured", all_of_it, seconds=MINUTES)
    assert {one.node for one in found.values()} == {Placed(tenant).node_of(measured)}
    assert all(-5 <= one.age < 60 for one in found.values())
    assert 10 * MIB < found["memory"].value < 256 * MIB
    assert 0 < found["disk"].value < 1024 * MIB
    assert 0 < found["network"].value < MIB
    assert 0 < found["efficiency"].value <= 1


def test_a_machine_whose_processors_wait_for_a_core_is_less_efficient(tenant: User, url: str, measured: str) -> None:
    """Its guest computes, and so do more pods than there are cores, each with a larger share than the guest's."""
    share = {"requests": {"cpu": "300m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
    pods = 2 * (os.cpu_count() or 1)
    tenant.apply(workload("busy", replicas=pods, command=["busybox", "sh", "-c", BUSY], resources=share))

    def starved() -> float:
        found = said(tenant, url, measured).get("efficiency")
        if found is None or found.value >= 0.95:
            raise NotYet(str(found))
        return found.value

    assert 0 < tenant.until("the machine to be starved", starved, seconds=MINUTES) < 0.95
    tenant.delete(WORKLOADS, "busy")


def test_a_pod_that_is_throttled_is_less_efficient(tenant: User, url: str) -> None:
    limits = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "50m", "memory": "64Mi"}}
    tenant.apply(workload("throttled", command=["busybox", "sh", "-c", BUSY], resources=limits))

    def throttled() -> float:
        for pod in tenant.items("pods"):
            if pod["metadata"]["name"].startswith("throttled"):
                found = said(tenant, url, f"{tenant.namespace}/{pod['metadata']['name']}").get("efficiency")
                if found is not None and found.value < 0.5:
                    return found.value
        raise NotYet("nothing said of it")

    assert 0 <= tenant.until("the pod to be throttled", throttled, seconds=MINUTES) < 0.5


@pytest.mark.usefixtures("url")
def test_the_extender_asks_it(tenant: User) -> None:
    def answered() -> None:
        found = sources(tenant.settings)
        if not found or not all(one.get("prometheus") == 1 for one in found):
            raise NotYet(str(found))

    tenant.until("the extender to be answered", answered, seconds=MINUTES)
