"""The demo's shop on real nodes, taken down: what is used says so and goes after its users, and the data is there for the next shop."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.user import DISKS, INSTANCES, KUBEVIRT_MACHINES, MACHINES, OPERATIONS, SWITCHES, WORKLOADS, User, operation
from support.volumes import CLAIMS, SNAPSHOTS

from cloud.steps import NotYet

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

EXAMPLE = Path(__file__).parents[2] / "examples/shop.yaml"
ROOT, DATA = (DISKS, "db-root"), (DISKS, "db-data")
USERS = ((MACHINES, "db"), (WORKLOADS, "api"), (WORKLOADS, "front"))
MADE = ("deployments", "replicasets", "pods", "services", "network-attachment-definitions", "volumeimportsources")
ALL = ",".join((DISKS, MACHINES, WORKLOADS, OPERATIONS, KUBEVIRT_MACHINES, INSTANCES, *MADE, CLAIMS, SNAPSHOTS))
KEPT = [
    "persistentvolumeclaim/db-data",
    "persistentvolumeclaim/db-root",
    "volumesnapshot.snapshot.storage.k8s.io/db-data-before",
]
ORDER = "one bird"
"""What the database has to remember."""


@pytest.fixture
def example(user: User, tmp_path: Path) -> Iterator[str]:
    """The example's file, with the switch under the namespace's name: it belongs to no namespace."""
    text = EXAMPLE.read_text().replace("\n  name: shop\n", f"\n  name: {user.namespace}\n")
    file = tmp_path / EXAMPLE.name
    file.write_text(text.replace("switch: shop", f"switch: {user.namespace}"))
    yield str(file)
    user.kubectl("delete", f"--filename={file}", "--ignore-not-found", "--wait=false")


def test_it_goes_in_either_order_and_the_next_shop_has_its_data(user: User, example: str) -> None:
    user.kubectl("apply", f"--filename={example}")
    _until_open(user)
    with user.console("db") as console:
        console.run(f"echo {ORDER} > /dev/vdb && sync")
    user.apply(operation("before", "db-data", "Snapshot"))
    user.kubectl("wait", f"{OPERATIONS}/before", "--for=condition=Complete", "--timeout=120s")
    volumes = _volumes(user)

    _delete_what_is_used(user)
    _delete(user, (OPERATIONS, "before"), *USERS)
    _until_only_data_is_left(user)
    assert _volumes(user) == volumes

    user.kubectl("apply", f"--filename={example}")
    _adopt(user)
    _until_open(user)
    with user.console("db") as console:
        assert ORDER in console.run(f"head -c {len(ORDER)} /dev/vdb")
    _delete(user, *USERS)
    for resource, name in USERS:
        user.until_gone(resource, name)
    _delete(user, *_used(user))
    _until_only_data_is_left(user)
    assert _volumes(user) == volumes


def _used(user: User) -> tuple[tuple[str, str], ...]:
    return ((SWITCHES, user.namespace), ROOT, DATA)


def _until_open(user: User) -> None:
    for resource, name in (ROOT, DATA, *USERS):
        user.until_ready(resource, name)


def _delete(user: User, *things: tuple[str, str]) -> None:
    """Nobody waits for their ends."""
    for resource, name in things:
        user.delete(resource, name, wait=False)


def _delete_what_is_used(user: User) -> None:
    """It says who uses it, and those go on."""
    _delete(user, *_used(user))
    for resource, name in _used(user):
        assert f"VirtualMachine {user.namespace}/db" in user.until_said(resource, name, "InUse")["message"]
    for resource, name in USERS:
        user.until_ready(resource, name, "Running")


def _adopt(user: User) -> None:
    """The disks say what is to be done with the data that is there."""
    for resource, name in (ROOT, DATA):
        assert 'annotate it vireo.dev/adopt="true"' in user.until_said(resource, name, "ClaimRetained")["message"]
        user.annotate(CLAIMS, name, "vireo.dev/adopt=true")


def _until_only_data_is_left(user: User) -> None:
    def check() -> None:
        left = sorted(user.kubectl("get", ALL, "--output=name").split())
        if left != KEPT:
            raise NotYet(str(left))

    user.until_gone(SWITCHES, user.namespace)
    user.until("nothing to be left but data", check)


def _volumes(user: User) -> dict[str, str]:
    """The volume of each claim that is bound."""
    found = json.loads(user.kubectl("get", CLAIMS, "--output=json"))["items"]
    return {one["metadata"]["name"]: one["spec"]["volumeName"] for one in found if one["status"]["phase"] == "Bound"}
