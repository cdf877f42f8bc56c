"""Simulated nodes: work lands there only where its namespace asks for them, and a machine there goes through the same states."""

import json
import uuid
from collections.abc import Iterator

import pytest
from support.user import GUEST, MACHINES, User, machine

from cloud.settings import Settings
from cloud.simulated import namespace_annotations
from cloud.steps import NotYet

pytestmark = pytest.mark.simulated


@pytest.fixture
def settings() -> Settings:
    """The cloud in force, with or without real nodes."""
    found = Settings.running()
    assert found.index >= 0 and found.simulated_nodes, f"the cloud in {found.dir} has no simulated nodes: make up"  # noqa: PT018
    return found


@pytest.fixture
def there(settings: Settings) -> Iterator[User]:
    """A user in a namespace whose work goes to simulated nodes."""
    user = User(settings, f"test-{uuid.uuid4().hex[:8]}")
    meta = {"name": user.namespace, "annotations": namespace_annotations()}
    user.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    try:
        yield user
    finally:
        user.kubectl("delete", "namespace", user.namespace, "--timeout=180s")


def test_they_say_that_they_are_simulated(settings: Settings) -> None:
    nodes = json.loads(User(settings, "default").kubectl("get", "nodes", "--output=json"))["items"]
    simulated = [node for node in nodes if node["metadata"]["name"] not in settings.node_names]
    assert len(simulated) == settings.simulated_nodes
    for node in simulated:
        assert node["metadata"]["labels"]["vireo.dev/simulated"] == "true"
        assert "kwok.x-k8s.io/node" in node["metadata"]["annotations"]


def test_a_machine_there_is_switched_on_and_off_and_ends(there: User) -> None:
    there.apply(machine("a"))
    assert there.until_ready(MACHINES, "a", "Running")["status"]["host"].startswith("sim-")
    there.patch(MACHINES, "a", powerState="Stopped")
    there.until_ready(MACHINES, "a", "Stopped")
    there.delete(MACHINES, "a")


def test_a_pod_that_does_not_ask_is_not_placed_there(settings: Settings, there: User) -> None:
    user = User(settings, "default")
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
