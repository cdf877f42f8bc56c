"""The demo's shop on real nodes, taken down: what is used says so and goes after its users, and the data is there for the next shop."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.user import DISKS, INSTANCES, KUBEVIRT_MACHINES, MACHINES, OPERATIONS, SWITCHES, WORKLOADS, User, operation
from support.volumes import CLAIMS, SNAPSHOTS

from cloud.steps import NotYet

pytestmark = pytest.mark.cloud

EXAMPLE = Path(__file__).parents[2] / "examples/shop.yaml"
USED, USERS = ((DISKS, "db-root"), (DISKS, "db-data")), ((MACHINES, "db"), (WORKLOADS, "api"), (WORKLOADS, "front"))
MADE = ("deployments", "replicasets", "pods", "services", "network-attachment-definitions", "volumeimportsources")
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


def test_what_is_used_goes_after_its_users_and_the_next_shop_has_its_data(user: User, example: str) -> None:
    user.kubectl("apply", f"--filename={example}")
    until_open(user)
    with user.console("db") as console:
        console.run(f"echo {ORDER} > /dev/vdb && sync")
    user.apply(operation("before", "db-data", "Snapshot"))
    user.kubectl("wait", f"{OPERATIONS}/before", "--for=condition=Complete", "--timeout=120s")
    volumes = volumes_of(user)

    for resource, name in used(user):
        user.delete(resource, name, wait=False)
    for resource, name in used(user):
        assert f"VirtualMachine {user.namespace}/db" in user.until_said(resource, name, "InUse")["message"]
    for resource, name in USERS:
        user.until_ready(resource, name, "Running")
        user.delete(resource, name, wait=False)
    for resource, name in (*USERS, *used(user)):
        user.until_gone(resource, name)
    user.until("nothing left but data", lambda: check_left(user))
    assert volumes_of(user) == volumes

    user.kubectl("apply", f"--filename={example}")
    for _, name in USED:
        assert "annotate it" in user.until_said(DISKS, name, "ClaimRetained")["message"]
        user.annotate(CLAIMS, name, "vireo.dev/adopt=true")
    until_open(user)
    with user.console("db") as console:
        assert ORDER in console.run(f"head -c {len(ORDER)} /dev/vdb")
    for resource, name in (*USERS, *used(user)):
        user.delete(resource, name)
    user.until("nothing left but data", lambda: check_left(user))
    assert volumes_of(user) == volumes


def used(user: User) -> tuple[tuple[str, str], ...]:
    return ((SWITCHES, user.namespace), *USED)


def until_open(user: User) -> None:
    for resource, name in (*USED, *USERS):
        user.until_ready(resource, name)


def volumes_of(user: User) -> dict[str, str]:
    """The volume of each claim that is bound."""
    found = json.loads(user.kubectl("get", CLAIMS, "--output=json"))["items"]
    return {one["metadata"]["name"]: one["spec"]["volumeName"] for one in found if one["status"]["phase"] == "Bound"}


def check_left(user: User) -> None:
    everything = ",".join((KUBEVIRT_MACHINES, INSTANCES, *MADE, DISKS, MACHINES, WORKLOADS, CLAIMS, SNAPSHOTS))
    left = {line.partition("/")[2] for line in user.kubectl("get", everything, "--output=name").split()}
    if left != {*(name for _, name in USED), "db-data-before"}:
        raise NotYet(str(left))
