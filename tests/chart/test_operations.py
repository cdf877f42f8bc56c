"""Who makes an Operation is the API server's word, and they may do themselves what Vireo does for them: tried, and refused."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from api.server import JSON, MERGE, Answer, Server
from chart.users import invite
from support.user import operation
from support.waiting import until

from vireo.api.names import ANNOTATION_REQUESTED_BY
from vireo.api.resources import OPERATION

pytestmark = pytest.mark.chart

SHOP = "operations"
USERS = {
    "guest": [],
    "editor": [({"apiGroups": ["vireo.dev"], "resources": ["*"], "verbs": ["*"]})],
    "mover": [
        {"apiGroups": ["vireo.dev"], "resources": ["operations"], "verbs": ["create", "get", "patch", "update"]},
        {"apiGroups": ["subresources.kubevirt.io"], "resources": ["virtualmachines/migrate"], "verbs": ["update"]},
    ],
    "keeper": [
        {"apiGroups": ["vireo.dev"], "resources": ["operations"], "verbs": ["create"]},
        {"apiGroups": ["snapshot.storage.k8s.io"], "resources": ["volumesnapshots"], "verbs": ["create"]},
    ],
    "restorer-of-data": [
        {"apiGroups": ["vireo.dev"], "resources": ["operations"], "verbs": ["create"]},
        {"apiGroups": ["vireo.dev"], "resources": ["virtualdisks"], "resourceNames": ["data"], "verbs": ["update"]},
        {"apiGroups": ["snapshot.storage.k8s.io"], "resources": ["volumesnapshots"], "verbs": ["create"]},
    ],
    "restarter-of-web-1": [
        {"apiGroups": ["vireo.dev"], "resources": ["operations"], "verbs": ["create"]},
        {
            "apiGroups": ["subresources.kubevirt.io"],
            "resources": ["virtualmachines/restart"],
            "resourceNames": ["web-1"],
            "verbs": ["update"],
        },
    ],
}
BLOCKS = {"Restore": {"restore": {"snapshot": "then"}}}
FORGED = {ANNOTATION_REQUESTED_BY: "system:admin"}


@pytest.fixture(scope="module")
def shop(installed: Server) -> Iterator[Server]:
    """A namespace with users of different rights."""
    invite(installed, SHOP, USERS)
    until(lambda: _policies_hold(installed))
    yield installed
    installed.must("DELETE", f"/api/v1/namespaces/{SHOP}")


def _policies_hold(server: Server) -> bool:
    """The CRD is served, and the API server has taken up both policies: that takes it a moment."""
    allowed, refused = (try_to_make(server.as_user(user), "probe") for user in ("mover", "editor"))
    return "annotations" in allowed.body.get("metadata", {}) and refused.code == 403


def make(server: Server, name: str, action: str = "Migrate", target: str = "web-1", **more: Any) -> Answer:
    metadata = {"name": name, **more.pop("metadata", {})}
    made = operation(name, target, action, **BLOCKS.get(action, {}))
    return server.ask("POST", OPERATION.path(SHOP), {**made, "metadata": metadata, **more})


def try_to_make(server: Server, name: str) -> Answer:
    """As `kubectl create --dry-run=server` does."""
    return server.ask("POST", OPERATION.path(SHOP), operation(name, "web-1", "Migrate"), JSON, dryRun="All")


def asker(answer: Answer) -> str:
    assert answer.code < 300, answer
    annotations: Mapping[str, str] = answer.body["metadata"]["annotations"]
    return annotations[ANNOTATION_REQUESTED_BY]


def test_who_may_move_machines_may_have_them_moved(shop: Server) -> None:
    assert asker(make(shop.as_user("mover"), "move")) == "mover"


def test_who_may_restart_one_machine_may_have_that_one_restarted(shop: Server) -> None:
    assert asker(make(shop.as_user("restarter-of-web-1"), "restart", "Restart")) == "restarter-of-web-1"


def test_who_may_make_snapshots_may_have_them_made(shop: Server) -> None:
    assert asker(make(shop.as_user("keeper"), "snapshot", "Snapshot", "data")) == "keeper"


def test_who_may_edit_a_disk_and_make_snapshots_may_have_it_set_back(shop: Server) -> None:
    assert asker(make(shop.as_user("restorer-of-data"), "restore", "Restore", "data")) == "restorer-of-data"


@pytest.mark.parametrize(
    ("user", "action", "target", "right"),
    [
        ("editor", "Migrate", "web-1", "virtualmachines/migrate"),
        ("editor", "Restart", "web-1", "virtualmachines/restart"),
        ("mover", "Restart", "web-1", "virtualmachines/restart"),
        ("mover", "Snapshot", "data", "volumesnapshots"),
        ("keeper", "Migrate", "web-1", "virtualmachines/migrate"),
        ("keeper", "Restore", "data", "update on virtualdisks"),
        ("editor", "Restore", "data", "create on volumesnapshots"),
        ("restorer-of-data", "Restore", "other", "update on virtualdisks"),
        ("restarter-of-web-1", "Migrate", "web-1", "virtualmachines/migrate"),
        ("restarter-of-web-1", "Restart", "web-2", "virtualmachines/restart"),
        ("system:serviceaccount:operations:default", "Migrate", "web-1", "operations"),
        ("guest", "Migrate", "web-1", "operations"),
    ],
)
def test_who_may_not_do_it_may_not_have_it_done(shop: Server, user: str, action: str, target: str, right: str) -> None:
    answer = make(shop.as_user(user), "refused", action, target)
    assert answer.code == 403, answer
    assert right in answer.body["message"]


def test_a_dry_run_of_the_request_is_refused_too(shop: Server) -> None:
    assert try_to_make(shop.as_user("editor"), "dry").code == 403


def test_a_forged_name_is_overwritten(shop: Server) -> None:
    assert asker(make(shop.as_user("mover"), "forged", metadata={"annotations": FORGED})) == "mover"


def test_other_annotations_are_left_as_they_are(shop: Server) -> None:
    answer = make(shop.as_user("mover"), "annotated", metadata={"annotations": {"team": "web"}})
    assert answer.body["metadata"]["annotations"] == {"team": "web", ANNOTATION_REQUESTED_BY: "mover"}


def test_a_forged_status_is_dropped(shop: Server) -> None:
    status = {"requestedBy": "system:admin", "acted": {"uid": "of-another"}}
    assert "status" not in make(shop.as_user("mover"), "with-status", status=status).body


@pytest.mark.parametrize("annotations", [FORGED, {ANNOTATION_REQUESTED_BY: None}, {ANNOTATION_REQUESTED_BY: ""}])
def test_the_name_is_not_changed_afterwards(shop: Server, annotations: Mapping[str, str | None]) -> None:
    name = f"kept-{len(str(annotations))}"
    make(shop.as_user("mover"), name)
    patch = {"metadata": {"annotations": annotations}}
    answer = shop.as_user("mover").ask("PATCH", OPERATION.path(SHOP, name), patch, MERGE)
    assert answer.code == 422, answer
    assert "leave it as it is" in answer.body["message"]


def test_an_administrator_does_not_change_it_either(shop: Server) -> None:
    make(shop.as_user("mover"), "of-mover")
    answer = shop.ask("PATCH", OPERATION.path(SHOP, "of-mover"), {"metadata": {"annotations": FORGED}}, MERGE)
    assert answer.code == 422, answer


def test_who_makes_operations_does_not_write_their_status(shop: Server) -> None:
    make(shop.as_user("mover"), "own")
    patch = {"status": {"acted": {"uid": "of-another"}}}
    assert shop.as_user("mover").ask("PATCH", OPERATION.path(SHOP, "own", "status"), patch, MERGE).code == 403


def test_a_move_does_not_become_a_restart(shop: Server) -> None:
    make(shop.as_user("mover"), "only-a-move")
    answer = shop.as_user("mover").ask(
        "PATCH", OPERATION.path(SHOP, "only-a-move"), {"spec": {"action": "Restart"}}, MERGE
    )
    assert answer.code == 422, answer


def test_it_can_be_called_back(shop: Server) -> None:
    make(shop.as_user("mover"), "called-back")
    answer = shop.as_user("mover").ask("PATCH", OPERATION.path(SHOP, "called-back"), {"spec": {"cancel": True}}, MERGE)
    assert answer.code == 200, answer
