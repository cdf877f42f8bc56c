"""Simulated nodes: work lands there only where its namespace asks for them, and a machine there goes through the same states."""

import json

import pytest
from support.user import GUEST, MACHINES, OPERATIONS, User, machine, operation

from cloud.api import condition
from cloud.settings import Settings
from cloud.steps import NotYet

pytestmark = pytest.mark.simulated


def test_they_say_that_they_are_simulated(simulated: Settings) -> None:
    nodes = json.loads(User(simulated, "default").kubectl("get", "nodes", "--output=json"))["items"]
    found = [node for node in nodes if node["metadata"]["name"] not in simulated.node_names]
    assert len(found) == simulated.simulated_nodes
    for node in found:
        assert node["metadata"]["labels"]["vireo.dev/simulated"] == "true"
        assert "kwok.x-k8s.io/node" in node["metadata"]["annotations"]


def test_a_machine_there_is_switched_on_and_off_and_ends(there: User) -> None:
    there.apply(machine("a"))
    assert there.until_ready(MACHINES, "a", "Running")["status"]["host"].startswith("sim-")
    there.patch(MACHINES, "a", powerState="Stopped")
    there.until_ready(MACHINES, "a", "Stopped")
    there.delete(MACHINES, "a")


def test_a_pinned_machine_is_told_where_its_spec_wants_it_and_goes_nowhere_else(there: User) -> None:
    """KubeVirt says nothing of a node that is named while the guest runs, and would look in vain for one against it."""
    there.apply(machine("a", placement={"host": "sim-0"}))
    assert there.until_ready(MACHINES, "a", "Running")["status"]["host"] == "sim-0"
    there.apply(operation("away", "a", "Migrate", migrate={"awayFrom": "sim-0"}))
    there.until_said(OPERATIONS, "away", "HostUnusable", "Failed")
    there.patch(MACHINES, "a", placement={"host": "sim-1"})
    told = there.until_said(MACHINES, "a", "RestartRequired", "RestartRequired")
    assert "runs on sim-0, and on sim-1" in told["message"]
    there.apply(operation("there", "a", "Migrate", migrate={"host": "sim-1"}))
    there.until_said(OPERATIONS, "there", "Completed", "Complete")

    def moved() -> None:
        status = (there.get(MACHINES, "a") or {}).get("status", {})
        if status.get("host") != "sim-1" or condition({"status": status}, "RestartRequired"):
            raise NotYet(str(status))

    there.until("nothing to wait for", moved)


def test_machines_with_one_selector_are_kept_apart(there: User) -> None:
    labels = {"app": "web"}
    spread = {"spread": [{"labelSelector": {"matchLabels": labels}}]}
    made = [machine(name, placement=spread) for name in ("a", "b", "c")]
    there.apply(*({**one, "metadata": {**one["metadata"], "labels": labels}} for one in made))
    hosts = {there.until_ready(MACHINES, name, "Running")["status"]["host"] for name in ("a", "b", "c")}
    assert len(hosts) == 3


def test_a_pod_that_does_not_ask_is_not_placed_there(simulated: Settings, there: User) -> None:
    user = User(simulated, "default")
    name = f"plain-{there.namespace}"
    wanted = {"nodeSelector": {"vireo.dev/simulated": "true"}, "containers": [{"name": "a", "image": GUEST}]}
    user.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": wanted})

    def refused() -> str:
        said = (user.get("pods", name) or {}).get("status", {}).get("conditions", [])
        if not any(one["reason"] == "Unschedulable" for one in said if "reason" in one):
            raise NotYet(str(said))
        return str(said)

    assert "untolerated taint" in user.until("the scheduler to speak", refused)
    user.delete("pods", name)
