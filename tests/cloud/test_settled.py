"""What is settled is silent: no write but Leases, and a restart of the operator changes nothing. Shown with objects of all sorts."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count, islice
from typing import Any

import pytest
from support.user import (
    DISKS,
    INSTANCES,
    KUBEVIRT_MACHINES,
    MACHINES,
    OPERATIONS,
    SMALL,
    WORKLOADS,
    Object,
    User,
    disk,
    machine,
    operation,
    workload,
)

from bench.listing import list_all
from cloud import audit, vireo
from cloud.api import condition
from cloud.settings import Settings
from cloud.simulated import volumes
from cloud.steps import NotYet
from vireo.api.resources import Key
from vireo.reconcile.learning import WRITE_SECONDS

RESOURCES = {"VirtualMachine": MACHINES, "VirtualDisk": DISKS, "Operation": OPERATIONS, "ContainerWorkload": WORKLOADS}
BY_NAME: Mapping[str, Any] = {
    "instanceType": {"name": "small", "kind": "Namespaced"},
    "preference": {"name": "virtio", "kind": "Namespaced"},
}
OVER_GUEST: Mapping[str, Any] = {
    "spec": {"domain": {"devices": {"rng": {}, "disks": [{"name": "boot", "cache": "writeback"}]}}}
}
OVER_POD: Mapping[str, Any] = {"spec": {"dnsPolicy": "Default", "containers": [{"name": "main", "tty": False}]}}
LEARNED = ("calibrations", "calibrations/status")
"""Written within a minute of an act, and so perhaps when all else is quiet."""
REWRITTEN = "InstanceTypeExpanded"


@pytest.mark.alone
@pytest.mark.simulated
def test_a_dozen_objects_are_silent_and_a_restart_changes_none(there: User) -> None:
    everything = list(islice(mixed(there), 12))
    settle(there, everything, seconds=120)
    assert [one for one in written(there, seconds=10) if one.resource not in LEARNED] == []
    assert changed_by_a_restart(there) == []


@pytest.mark.proof
def test_200_objects_are_silent_for_ten_minutes_and_a_restart_changes_none(there: User) -> None:
    everything = list(islice(mixed(there), 200))
    settle(there, everything, seconds=1200)
    time.sleep(WRITE_SECONDS)  # what was learned of the starts is written by then
    assert written(there, seconds=600) == []
    assert changed_by_a_restart(there) == []


@pytest.mark.simulated
def test_what_kubevirt_rewrites_for_good_is_not_fought_over(there: User) -> None:
    there.apply(*sizes(), machine("before", hardware=BY_NAME))
    there.until_ready(MACHINES, "before", "Running")
    with policy(there, "expandAll"):
        there.annotate(KUBEVIRT_MACHINES, "before", "look=again")
        there.until_said(MACHINES, "before", REWRITTEN)
        there.apply(machine("after", hardware=BY_NAME))
        assert "referencePolicy" in there.until_said(MACHINES, "after", REWRITTEN)["message"]
        assert [one for one in written(there, seconds=10) if one.resource == "virtualmachines"] == []
        assert there.get(KUBEVIRT_MACHINES, "after") is None
        there.patch(MACHINES, "before", powerState="Stopped")
        there.until_gone(INSTANCES, "before")
    there.until_ready(MACHINES, "after", "Running")
    there.delete(KUBEVIRT_MACHINES, "before")
    there.until_ready(MACHINES, "before", "Stopped")


@contextmanager
def policy(user: User, name: str) -> Iterator[None]:
    """What KubeVirt does with the instance types that its machines name."""
    kubevirt = User(user.settings, "kubevirt")
    kubevirt.patch("kubevirt", "kubevirt", configuration={"instancetype": {"referencePolicy": name}})
    try:
        user.until("the Platform to say so", lambda: _check_policy(user))
        yield
    finally:
        kubevirt.patch("kubevirt", "kubevirt", configuration={"instancetype": None})


def _check_policy(user: User) -> None:
    part = user.component("InstanceTypes")
    if part["state"] == "Supported":
        raise NotYet(part["state"])


def mixed(user: User) -> Iterator[Object]:
    """Machines of all sorts, disks, operations and workloads, without end; what they need beside them is made as they are drawn."""
    user.apply(*volumes.datastores(), *sizes())
    for number in count():
        yield machine(f"by-name-{number}", hardware=BY_NAME)
        yield machine(f"by-size-{number}", hardware={**SMALL, "overrides": OVER_GUEST})
        yield machine(f"stopped-{number}", powerState="Stopped")
        yield _bound_disk(user, f"free-{number}")
        yield _bound_disk(user, f"used-{number}")
        yield machine(f"with-disk-{number}", disks=[{"name": "data", "disk": f"used-{number}"}])
        yield disk(f"waits-{number}", datastore=volumes.AT_FIRST_USE, binding="OnFirstUse")
        yield operation(f"try-{number}", f"by-size-{number}", "Migrate", dryRun=True)
        yield operation(f"restart-{number}", f"by-name-{number}", "Restart")
        yield machine(f"paused-{number}", powerState="Paused")
        yield workload(f"service-{number}", replicas=2, ports=[{"name": "http", "port": 8080}], overrides=OVER_POD)
        yield workload(f"stateful-{number}", workload="Stateful")


def sizes() -> tuple[Object, Object]:
    """What BY_NAME names."""
    kinds = {
        "VirtualMachineInstancetype": ("small", {"cpu": {"guest": 1}, "memory": {"guest": "256Mi"}}),
        "VirtualMachinePreference": ("virtio", {"devices": {"preferredDiskBus": "virtio"}}),
    }
    small, virtio = (
        {"apiVersion": "instancetype.kubevirt.io/v1beta1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, (name, spec) in kinds.items()
    )
    return small, virtio


def _bound_disk(user: User, name: str) -> Object:
    user.apply(volumes.volume(user.namespace, name))
    return disk(name, datastore=volumes.AT_ONCE)


def settle(user: User, everything: list[Object], seconds: float) -> None:
    """Until each is Ready or Complete, all that began has ended, and nothing has been written for a while."""
    operations = [one for one in everything if one["kind"] == "Operation"]
    others = [one for one in everything if one not in operations]
    for part in (others, operations):
        user.apply(*part)
        for one in (*part, *others):  # an operation begins something anew
            user.until(f"{one['metadata']['name']} to be done", partial(_check_done, user, one), seconds)
    user.until("a quiet time", lambda: _check_quiet(user), seconds)


def _check_done(user: User, one: Object) -> None:
    """A guest's agent speaks long after the guest runs, and is told then; a paused one has none that could."""
    found = user.get(RESOURCES[one["kind"]], one["metadata"]["name"]) or {}
    said = condition(found, "Complete" if one["kind"] == "Operation" else "Ready")
    waits = said.get("reason") == "WaitingForFirstUse"
    if said.get("status") != "True" and not waits:
        raise NotYet(f"{said.get('reason')}: {said.get('message')}")
    status = found.get("status", {})
    runs = one["kind"] == "VirtualMachine" and status.get("phase") == "Running"
    if runs and status.get("guest", {}).get("agent") != "Connected":
        raise NotYet(f"the guest is {status.get('guest')}")


def _check_quiet(user: User) -> None:
    if found := [one for one in written(user, seconds=10) if one.resource not in LEARNED]:
        raise NotYet(f"{len(found)} writes, the last: {found[-1]}")


def written(user: User, seconds: float) -> list[audit.Write]:
    """What Vireo writes there, or of the whole cluster's objects, in so many seconds."""
    since = audit.mark(user.settings)
    time.sleep(seconds)
    return [one for one in audit.writes(user.settings, since, vireo.USER) if one.namespace in (user.namespace, "")]


def changed_by_a_restart(user: User) -> list[Key]:
    """The objects that are others than before after an operator has looked at all of them for the first time."""
    before = versions(user)
    restart(user.settings)
    user.apply(machine("newcomer", powerState="Stopped"))  # its turn comes after theirs
    user.until_ready(MACHINES, "newcomer", "Stopped")
    after = {key: version for key, version in versions(user).items() if key.name != "newcomer"}
    return sorted({key for key, _ in before.items() ^ after.items()})


def versions(user: User) -> dict[Key, str]:
    """Of all objects in the namespace that Vireo makes or looks at."""
    listed = list_all(user.settings).versions
    return {key: version for key, version in listed.items() if key.namespace == user.namespace}


def restart(settings: Settings) -> None:
    """The operator is another process afterwards."""
    if settings.run == "process":
        vireo.stop_process(settings)
        vireo.start_process(settings)
        return
    user = User(settings, vireo.NAMESPACE)
    user.kubectl("rollout", "restart", f"deployment/{vireo.OPERATOR}")
    user.kubectl("rollout", "status", f"deployment/{vireo.OPERATOR}", "--timeout=120s")
