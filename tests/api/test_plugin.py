"""`kubectl vireo` against a real API server: what it reads and writes there, and what it says where it may not."""

import json
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from api.conftest import NAMESPACES, served
from api.orders.others import crd, make
from api.server import Server
from plugin.objects import NOW
from plugin.program import run
from support.waiting import until

from vireo.api.names import LABEL_DISK
from vireo.api.objects import Manifest
from vireo.api.resources import (
    CLAIM,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    NODE,
    OPERATION,
    PLATFORM,
    POD,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    Key,
    Resource,
)
from vireo.kube.measures import MEASURED_NODES, MEASURED_PODS
from vireo.plugin.completion import complete

pytestmark = pytest.mark.api

SMALL = {"hardware": {"cpu": {"cores": 1}, "memory": "1Gi"}, "bootDisk": {"image": "guest:1"}}
THEIRS = (KUBEVIRT_MACHINE, KUBEVIRT_INSTANCE, MEASURED_NODES, MEASURED_PODS)
SINCE = "2026-01-01T11:00:00Z"
RUNS = {"status": {"phase": "Running", "nodeName": "plugin-node"}}
GUEST = {"spec": {"domain": {"cpu": {"cores": 2}, "memory": {"guest": "1Gi"}}}}
HOST = {"metadata": {"labels": {"only": "plugins"}}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}}
LAUNCHER = {
    "metadata": {"labels": {"kubevirt.io": "virt-launcher"}},
    "spec": {
        "nodeName": "plugin-node",
        "nodeSelector": {"only": "plugins"},
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "containers": [{"name": "compute", "image": "x", "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}}}],
    },
}


class Shop:
    """A namespace with objects as Vireo and KubeVirt would leave them."""

    def __init__(self, server: Server, kubeconfig: str) -> None:
        self.server, self.kubeconfig, self.namespace = server, Path(kubeconfig), f"plugin-{uuid.uuid4().hex[:8]}"

    async def vireo(self, *arguments: str) -> tuple[int, Any, str]:
        """The exit code, the JSON that is printed, and what is said beside it."""
        code, out, err = await run(self.kubeconfig, *arguments, "--namespace", self.namespace)
        return code, json.loads(out) if out else None, err

    def make(self, resource: Resource, name: str, body: Mapping[str, Any], owner: Manifest | None = None) -> Manifest:
        meta = {**body.get("metadata", {}), "name": name, "ownerReferences": [_reference(owner)] if owner else []}
        key = Key(resource, self.namespace if resource.namespaced else "", name)
        make(self.server, key, {**body, "metadata": meta})
        return dict(self.server.must("GET", resource.path(key.namespace, name)).body)

    def say(self, made: Manifest, resource: Resource, type_: str, status: str, reason: str) -> None:
        """As Vireo would say it, of the newest spec."""
        said = {"type": type_, "status": status, "reason": reason, "message": f"{reason}.", "lastTransitionTime": SINCE}
        meta = made["metadata"]
        path = f"{resource.path(meta.get('namespace', ''), meta['name'])}/status"
        now = {"observedGeneration": meta["generation"], "conditions": [said]}
        self.server.must("PUT", path, {**made, "status": {**made.get("status", {}), **now}})


def _reference(owner: Manifest) -> Manifest:
    meta = owner["metadata"]
    of = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return {**of, "controller": True}


@pytest.fixture(scope="module")
def shop(server: Server, control_plane: str) -> Iterator[Shop]:
    """A machine that runs on a node, and one that waits for its disk."""
    shop = Shop(server, control_plane)
    server.must("POST", NAMESPACES, {"metadata": {"name": shop.namespace}})
    account = f"{NAMESPACES}/{shop.namespace}/serviceaccounts/default"
    until(lambda: server.ask("GET", account).code == 200)  # without it no pod is let in
    with served(server, [crd(resource) for resource in THEIRS]):
        shop.make(NODE, "plugin-node", HOST)
        _running(shop)
        _waiting(shop)
        yield shop
        server.must("DELETE", POD.path(shop.namespace, "virt-launcher-web-1-x"), {"gracePeriodSeconds": 0})
        server.must("DELETE", NODE.path(name="plugin-node"))
        server.must("DELETE", f"{NAMESPACES}/{shop.namespace}")


def _running(shop: Shop) -> None:
    ours = shop.make(VIRTUAL_MACHINE, "web-1", {"spec": SMALL})
    shop.say(ours, VIRTUAL_MACHINE, "Ready", "True", "Running")
    theirs = shop.make(KUBEVIRT_MACHINE, "web-1", {}, ours)
    status = f"{KUBEVIRT_MACHINE.path(shop.namespace, 'web-1')}/status"
    shop.server.must("PUT", status, {**theirs, "status": {"printableStatus": "Running"}})
    instance = shop.make(KUBEVIRT_INSTANCE, "web-1", {**RUNS, **GUEST}, theirs)
    shop.make(POD, "virt-launcher-web-1-x", LAUNCHER, instance)


def _waiting(shop: Shop) -> None:
    spec = {**SMALL, "disks": [{"name": "data", "disk": "data"}], "initialization": {"cloudInitSecret": "init"}}
    machine = shop.make(VIRTUAL_MACHINE, "web-2", {"spec": spec})
    shop.say(machine, VIRTUAL_MACHINE, "Ready", "False", "DiskNotReady")
    disk = shop.make(VIRTUAL_DISK, "data", {"spec": {"size": "1Gi"}})
    shop.say(disk, VIRTUAL_DISK, "Ready", "False", "Provisioning")
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "none",
    }
    shop.make(CLAIM, "data", {"metadata": {"labels": {LABEL_DISK: "data"}}, "spec": claim})


@pytest.fixture
def platform(server: Server, shop: Shop) -> Iterator[None]:
    """What the Platform says of the cluster."""
    server.ask("DELETE", PLATFORM.path(name="default"))
    shop.say(shop.make(PLATFORM, "default", {"spec": {}}), PLATFORM, "Ready", "True", "Supported")
    yield
    server.must("DELETE", PLATFORM.path(name="default"))


@pytest.mark.usefixtures("platform")
async def test_status_names_what_is_not_ready_and_ends_with_1(shop: Shop) -> None:
    code, found, err = await shop.vireo("status")
    assert (code, err) == (1, "")
    assert found["platform"]["reason"] == "Supported"
    assert [(one["kind"], one["name"], one["reason"]) for one in found["notReady"]] == [
        ("VirtualDisk", "data", "Provisioning"),
        ("VirtualMachine", "web-2", "DiskNotReady"),
    ]
    assert {"kind": "VirtualMachine", "ready": 1, "notReady": 1} in found["counts"]


@pytest.mark.usefixtures("platform")
async def test_status_of_a_namespace_in_which_all_is_ready_ends_with_0(shop: Shop) -> None:
    code, out, _ = await run(shop.kubeconfig, "status", "-n", "kube-system", "-o", "table")
    assert (code, out.splitlines()[-1]) == (0, "There is none of them.")


async def test_without_a_platform_nobody_has_looked(shop: Shop, server: Server) -> None:
    server.ask("DELETE", PLATFORM.path(name="default"))
    code, found, _ = await shop.vireo("status")
    assert (code, found["platform"]["ready"], found["platform"]["reason"]) == (1, False, "Missing")


@pytest.mark.usefixtures("platform")
async def test_a_tree_goes_down_to_the_pod(shop: Shop) -> None:
    code, root, _ = await shop.vireo("tree", "vvm/web-1")
    assert code == 0
    shown = []
    while root:
        shown.append((root["kind"], root["name"], root["state"]))
        (root,) = root["below"] or (None,)
    assert shown == [
        ("VirtualMachine", "web-1", "Ready"),
        ("VirtualMachine", "web-1", "Running"),
        ("VirtualMachineInstance", "web-1", "Running"),
        ("Pod", "virt-launcher-web-1-x", "Pending"),
    ]


@pytest.mark.usefixtures("platform")
async def test_a_tree_shows_what_is_used_with_what_is_below_it_and_what_is_missing(shop: Shop) -> None:
    _, root, _ = await shop.vireo("tree", "virtualmachine/web-2")
    secret, disk = root["below"]
    assert (secret["name"], secret["uses"], secret["state"]) == ("init", True, "Missing")
    assert (disk["name"], disk["uses"], disk["reason"]) == ("data", True, "Provisioning")
    assert [(one["kind"], one["name"], one["state"]) for one in disk["below"]] == [
        ("PersistentVolumeClaim", "data", "Pending")
    ]


async def test_top_stands_beside_what_was_promised(shop: Shop) -> None:
    at = {"timestamp": NOW.isoformat(), "window": "10s"}
    used = {"containers": [{"name": "compute", "usage": {"cpu": "1500m", "memory": "512Mi"}}]}
    shop.make(MEASURED_PODS, "virt-launcher-web-1-x", {**at, **used})
    code, (machine,), _ = await shop.vireo("top", "machines")
    assert code == 0
    assert machine["used"] == {"cpu": 1.5, "memory": 512 * 2**20}
    assert machine["promised"] == {"cpu": 2.0, "memory": 2**30}
    assert machine["host"] == "plugin-node"
    shop.make(MEASURED_NODES, "plugin-node", {**at, "usage": {"cpu": "3", "memory": "2Gi"}})
    _, found, _ = await shop.vireo("top")
    (node,) = (one for one in found["nodes"] if one["name"] == "plugin-node")
    assert node["used"]["cpu"] == 3.0
    assert node["promised"] == {"cpu": 0.2, "memory": 2**30}
    assert node["machines"] == 1
    assert node["load"] == pytest.approx(0.4 * 3 / 4 + 0.4 * 2 / 8)
    asked = {"cpu": 0.2, "memory": 2**30}
    assert found["balance"]["room"] == {
        "like": f"{shop.namespace}/web-1",
        "asked": asked,
        "fit": 7,
        "boundBy": "memory",
    }


@pytest.mark.parametrize(("type_", "code"), [("Complete", 0), ("Failed", 1)])
async def test_an_operation_is_followed_to_its_end(shop: Shop, type_: str, code: int) -> None:
    def play() -> None:
        until(lambda: bool(_unsaid(shop)))
        shop.say(_unsaid(shop)[0], OPERATION, type_, "True", "Completed")

    with ThreadPoolExecutor(1) as pool:
        played = pool.submit(play)
        ended, made, _ = await shop.vireo("migrate", "web-1", "--to", "node-2", "--wait")
        played.result()
    assert ended == code
    assert made["spec"]["migrate"] == {"host": "node-2"}
    assert made["metadata"]["name"].startswith("migrate-web-1-")


def _unsaid(shop: Shop) -> list[Manifest]:
    found = shop.server.must("GET", OPERATION.path(shop.namespace)).body
    made = {"apiVersion": OPERATION.api_version, "kind": OPERATION.kind}
    return [{**made, **one} for one in found["items"] if not one.get("status")]


async def test_the_name_of_an_operation_fits_whatever_the_machine_is_called(shop: Shop) -> None:
    longest = shop.make(VIRTUAL_MACHINE, "a" * 63, {"spec": SMALL})
    _, made, _ = await shop.vireo("restart", longest["metadata"]["name"])
    assert len(made["metadata"]["name"]) <= 63
    shop.server.must("DELETE", OPERATION.path(shop.namespace, made["metadata"]["name"]))
    shop.server.must("DELETE", VIRTUAL_MACHINE.path(shop.namespace, longest["metadata"]["name"]))


async def test_a_console_that_can_not_be_opened_says_why_in_the_api_servers_words(shop: Shop) -> None:
    code, _, err = await shop.vireo("console", "web-1")
    assert code == 1
    assert err.endswith("/virtualmachineinstances/web-1/console: 404 Error: 404 page not found\n")


def test_names_come_from_the_cluster(shop: Shop) -> None:
    where = ["--kubeconfig", str(shop.kubeconfig), "-n", shop.namespace]
    assert complete([*where, "console", ""]) == "web-1\nweb-2\n:4\n"
    assert complete([*where, "tree", "vdisk/"]) == "vdisk/data\n:4\n"
    assert complete([*where, "migrate", "web-1", "--to", "plugin-"]) == "plugin-node\n:4\n"
    assert shop.namespace in complete(["--kubeconfig", str(shop.kubeconfig), "status", "-n", "plugin-"]).splitlines()
    assert complete(["--kubeconfig", "/does/not/exist", "console", ""]) == ":4\n"


async def test_who_may_look_at_little_sees_that_and_is_told_what_is_left_out(shop: Shop, tmp_path: Path) -> None:
    kubeconfig = _of_account(shop, tmp_path, [{"apiGroups": ["vireo.dev"], "resources": ["virtualmachines"]}])
    code, out, err = await run(kubeconfig, "status", "-n", shop.namespace)
    assert code == 1
    assert [one["kind"] for one in json.loads(out)["counts"]] == ["VirtualMachine"]
    assert "not shown: you may not list virtualdisks.vireo.dev" in err
    code, out, err = await run(kubeconfig, "tree", "vvm/web-2", "-n", shop.namespace)
    assert code == 0
    assert {one["state"] for one in json.loads(out)["below"]} == {"Hidden"}
    assert "not shown: you may not look at pods" in err
    code, _, err = await run(kubeconfig, "restart", "web-1", "-n", shop.namespace)
    assert code == 1
    assert "cannot create resource" in err
    assert err.endswith("Ask who administers the cluster for this right\n")


def _of_account(shop: Shop, folder: Path, rules: list[Manifest]) -> Path:
    """A kubeconfig with the token of an account that may read what the rules say, and nothing else."""
    server, space = shop.server, shop.namespace
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}"
    server.must("POST", f"{NAMESPACES}/{space}/serviceaccounts", {"metadata": {"name": "guest"}})
    allowed = [{**rule, "verbs": ["get", "list"]} for rule in rules]
    server.must("POST", f"{rbac}/roles", {"metadata": {"name": "guest"}, "rules": allowed})
    role = {"kind": "Role", "name": "guest", "apiGroup": "rbac.authorization.k8s.io"}
    subject = {"kind": "ServiceAccount", "name": "guest", "namespace": space}
    server.must("POST", f"{rbac}/rolebindings", {"metadata": {"name": "guest"}, "roleRef": role, "subjects": [subject]})
    answer = server.must("POST", f"{NAMESPACES}/{space}/serviceaccounts/guest/token", {"spec": {}})
    config = yaml.safe_load(shop.kubeconfig.read_text())
    for user in config["users"]:
        user["user"] = {"token": answer.body["status"]["token"]}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path
