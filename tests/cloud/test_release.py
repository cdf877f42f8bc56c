"""Vireo upgraded, taken away and installed again by helm, while a machine with a disk on a switch, and a workload, go on.

They run last, and by themselves: meanwhile nobody else's objects are looked after.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.user import DISKS, INSTANCES, MACHINES, SWITCHES, WORKLOADS, Object, User, disk, machine, switch, workload
from support.volumes import CLAIMS

from cloud import vireo
from cloud.settings import Settings
from cloud.steps import NotYet
from vireo.kinds import KINDS

pytestmark = [pytest.mark.cloud, pytest.mark.proof, pytest.mark.last]

DEPLOYMENTS = ("vireo-operator", "vireo-admission", "vireo-scheduler")
CRDS = "customresourcedefinitions"
GROUP = "web"


@pytest.fixture(scope="module")
def shop(tenant: User) -> Iterator[User]:
    """A user with a machine that has a disk and a port on a switch, and a workload; all run."""
    port = {"name": "front", "switch": tenant.namespace, "portGroup": GROUP}
    tenant.apply(
        switch(tenant.namespace, {"name": GROUP, "namespaces": {}}),
        disk("d", deletionPolicy="Delete"),
        machine("a", disks=[{"name": "data", "disk": "d"}], networks=[port]),
        workload("w"),
    )
    all_ready(tenant)
    yield tenant
    tenant.delete(MACHINES, "a", wait=False)
    tenant.delete(SWITCHES, tenant.namespace, wait=False)


@pytest.fixture
def values(settings: Settings) -> Iterator[Object]:
    """Those of the release, which is installed with them again in the end, whatever has become of it."""
    found: Object = json.loads(helm(settings, "get", "values", vireo.RELEASE, "--output", "json"))
    yield found
    install(settings, found)


def test_an_upgrade_that_starts_vireos_pods_anew_starts_no_machine_and_no_workload_anew(
    shop: User, values: Object
) -> None:
    runs, pods = running(shop), vireos_pods(shop.settings)
    more = {"requests": {"cpu": "21m", "memory": "100Mi"}, "limits": {"memory": "600Mi"}}
    admission, scheduler = ({**values.get(one, {}), "resources": more} for one in ("admission", "scheduler"))
    install(shop.settings, {**values, "resources": more, "admission": admission, "scheduler": scheduler})
    assert not pods & vireos_pods(shop.settings), "all of Vireo's pods are others"
    shop.apply(machine("newcomer", powerState="Stopped"))  # the new ones work
    shop.until_ready(MACHINES, "newcomer", "Stopped")
    all_ready(shop)
    assert running(shop) == runs


def test_without_vireo_all_goes_on_and_what_is_deleted_waits_until_it_is_installed_again(
    shop: User, values: Object, namespaces: list[str]
) -> None:
    runs, crds, left = running(shop), served(shop), User(shop.settings, f"{shop.namespace}-left")
    left.kubectl("create", "namespace", left.namespace)
    namespaces.append(left.namespace)
    left.apply(disk("d", deletionPolicy="Delete"), machine("stopped", powerState="Stopped"), workload("w"))
    for resource, name in ((MACHINES, "stopped"), (WORKLOADS, "w")):
        left.until_ready(resource, name)
    left.until("the disk's claim", lambda: claim(left))

    helm(shop.settings, "uninstall", vireo.RELEASE, "--wait")
    assert vireos_pods(shop.settings) == set()
    assert running(shop) == runs
    assert served(shop) == crds
    assert claim(shop)
    assert (shop.get(DISKS, "d") or {})["metadata"].get("deletionTimestamp") is None

    left.kubectl("delete", "namespace", left.namespace, "--wait=false")
    waiting = left.until("the namespace to wait for finalizers", lambda: check_waits(left))
    assert "vireo.dev" in waiting, waiting
    assert running(shop) == runs

    install(shop.settings, values)
    all_ready(shop)
    assert running(shop) == runs
    left.until_gone("namespaces", left.namespace)


def test_the_runbooks_way_out_ends_a_deletion_without_vireo(shop: User, values: Object, namespaces: list[str]) -> None:
    assert values
    left = User(shop.settings, f"{shop.namespace}-out")
    left.kubectl("create", "namespace", left.namespace)
    namespaces.append(left.namespace)
    left.apply(disk("d", deletionPolicy="Delete"))
    left.until("the disk's claim", lambda: claim(left))
    helm(shop.settings, "uninstall", vireo.RELEASE, "--wait")
    left.kubectl("delete", "namespace", left.namespace, "--wait=false")
    left.until("the namespace to wait for finalizers", lambda: check_waits(left))
    waiting = left.kubectl("get", "vdisk,vvm,cw,vop", "--output=name").split()
    left.kubectl("patch", *waiting, "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')
    left.until_gone("namespaces", left.namespace)


def all_ready(user: User) -> None:
    for resource, name in ((MACHINES, "a"), (DISKS, "d"), (WORKLOADS, "w"), (SWITCHES, user.namespace)):
        user.until_ready(resource, name)


def running(user: User) -> Object:
    """Who runs there: another instance, pod or boot of the guest would be another one."""
    with user.console("a") as console:
        boot = console.run("cat /proc/sys/kernel/random/boot_id").strip()
    pods = [one["metadata"]["uid"] for one in user.items("pods")]
    instance = user.get(INSTANCES, "a") or {}
    return {"instance": instance["metadata"]["uid"], "pods": sorted(pods), "boot": boot}


def vireos_pods(settings: Settings) -> set[str]:
    """Those that are not on their way out."""
    found = User(settings, vireo.NAMESPACE).items("pods", "app.kubernetes.io/name=vireo")
    return {one["metadata"]["uid"] for one in found if "deletionTimestamp" not in one["metadata"]}


def served(user: User) -> set[str]:
    """The UIDs of Vireo's CRDs: one that was made again would have lost its objects."""
    names = [f"{kind.resource.plural}.{kind.resource.group}" for kind in KINDS]
    listed = json.loads(user.kubectl("get", CRDS, *names, "--output=json"))
    return {one["metadata"]["uid"] for one in listed["items"]}


def claim(user: User) -> Object:
    found = json.loads(user.kubectl("get", CLAIMS, "--output=json"))["items"]
    if not found:
        raise NotYet("no claim")
    made: Object = found[0]
    return made


def check_waits(user: User) -> str:
    """The API server's words about what a namespace waits for."""
    found = user.get("namespaces", user.namespace) or {}
    said = {one["type"]: one for one in found["status"].get("conditions", [])}
    remaining: Any = said.get("NamespaceFinalizersRemaining", {})
    if remaining.get("status") != "True":
        raise NotYet(str(sorted(said)))
    return str(remaining["message"])


def install(settings: Settings, values: Object) -> None:
    """The release with these values; it returns when its pods work."""
    chosen = ",".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    helm(settings, "upgrade", "--install", vireo.RELEASE, str(vireo.CHART), "--reset-values", "--set-json", chosen)
    for name in DEPLOYMENTS:
        User(settings, vireo.NAMESPACE).kubectl("rollout", "status", f"deployment/{name}", "--timeout=300s")


def helm(settings: Settings, *arguments: str) -> str:
    return vireo.helm(settings, *arguments, "--namespace", vireo.NAMESPACE)
