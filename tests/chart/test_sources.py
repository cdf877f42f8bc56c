"""What a disk is filled from, the one who names it may read: tried, and refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from api.server import JSON, MERGE, Answer, Server
from chart.users import bind, invite
from support.user import disk
from support.waiting import until

from vireo.api.resources import VIRTUAL_DISK

pytestmark = pytest.mark.chart

SHOP: Final = "sources"
DISKS: Final = {"apiGroups": ["vireo.dev"], "resources": ["virtualdisks"], "verbs": ["create", "update", "patch"]}


def may_read(group: str, resource: str, name: str) -> Mapping[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "resourceNames": [name], "verbs": ["get"]}


USERS: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "maker": [DISKS],
    "reader-of-secret": [DISKS, may_read("", "secrets", "key")],
    "reader-of-disk": [DISKS, may_read("vireo.dev", "virtualdisks", "golden")],
    "reader-of-snapshot": [DISKS, may_read("snapshot.storage.k8s.io", "volumesnapshots", "golden-1")],
}
HTTP: Final = {"http": {"url": "https://images.example/golden.qcow2"}}
HTTP_WITH_SECRET: Final = {"http": {**HTTP["http"], "secret": "key"}}
IMAGE_WITH_SECRET: Final = {"image": {"image": "registry.example/golden:1", "secret": "key"}}
DISK: Final = {"disk": {"name": "golden"}}
SNAPSHOT: Final = {"snapshot": {"name": "golden-1"}}
OF_READERS: Final = [
    ("reader-of-secret", HTTP_WITH_SECRET, "secrets"),
    ("reader-of-secret", IMAGE_WITH_SECRET, "secrets"),
    ("reader-of-disk", DISK, "virtualdisks of vireo.dev"),
    ("reader-of-snapshot", SNAPSHOT, "volumesnapshots of snapshot.storage.k8s.io"),
]


@pytest.fixture(scope="module")
def shop(installed: Server) -> Iterator[Server]:
    """A namespace with users of different rights."""
    invite(installed, SHOP, USERS)
    bind(installed, SHOP, "developer", {"kind": "ClusterRole", "name": "edit"})
    maker = installed.as_user("maker")
    until(lambda: (make(maker, {"blank": {}}).code, make(maker, DISK).code) == (201, 403))
    yield installed
    installed.must("DELETE", f"/api/v1/namespaces/{SHOP}")


def make(user: Server, source: Mapping[str, Any]) -> Answer:
    """As `kubectl create --dry-run=server` does."""
    return user.ask("POST", VIRTUAL_DISK.path(SHOP), disk("copy", source=source), JSON, dryRun="All")


def change(user: Server, name: str, **spec: Any) -> Answer:
    return user.ask("PATCH", VIRTUAL_DISK.path(SHOP, name), {"spec": spec}, MERGE)


@pytest.mark.parametrize(("user", "source", "_right"), OF_READERS)
def test_who_may_read_it_may_have_a_disk_filled_from_it(
    shop: Server, user: str, source: Mapping[str, Any], _right: str
) -> None:
    assert make(shop.as_user(user), source).code == 201


@pytest.mark.parametrize(("_reader", "source", "_right"), OF_READERS)
def test_the_role_edit_may_read_all_of_them(shop: Server, _reader: str, source: Mapping[str, Any], _right: str) -> None:
    until(lambda: make(shop.as_user("developer"), source).code == 201)  # roles are put together by a controller


@pytest.mark.parametrize("source", [{"blank": {}}, HTTP, {"image": {"image": "registry.example/golden:1"}}])
def test_what_everybody_may_read_needs_no_right(shop: Server, source: Mapping[str, Any]) -> None:
    assert make(shop.as_user("maker"), source).code == 201


@pytest.mark.parametrize(("_reader", "source", "right"), OF_READERS)
def test_who_may_not_read_it_may_not_have_a_disk_filled_from_it(
    shop: Server, _reader: str, source: Mapping[str, Any], right: str
) -> None:
    answer = make(shop.as_user("maker"), source)
    assert answer.code == 403, answer
    assert f"that needs the verb get on {right} in namespace {SHOP}" in answer.body["message"]


@pytest.mark.parametrize(
    ("user", "source"),
    [
        ("reader-of-secret", {"http": {**HTTP["http"], "secret": "another"}}),
        ("reader-of-disk", {"disk": {"name": "another"}}),
        ("reader-of-snapshot", {"snapshot": {"name": "another"}}),
        ("reader-of-disk", SNAPSHOT),
        ("reader-of-snapshot", DISK),
    ],
)
def test_the_right_to_one_is_no_right_to_another(shop: Server, user: str, source: Mapping[str, Any]) -> None:
    assert make(shop.as_user(user), source).code == 403


def test_a_secret_is_not_sent_to_another_url_by_who_may_not_read_it(shop: Server) -> None:
    shop.must("POST", VIRTUAL_DISK.path(SHOP), disk("imported", source=HTTP_WITH_SECRET))
    elsewhere = {"http": {"url": "https://attacker.example/"}}
    answer = change(shop.as_user("maker"), "imported", source=elsewhere)
    assert answer.code == 403, answer
    assert "spec.source.http.secret: maker may not read key" in answer.body["message"]


def test_a_source_that_was_there_does_not_keep_others_from_changing_the_rest(shop: Server) -> None:
    shop.must("POST", VIRTUAL_DISK.path(SHOP), disk("copied", source=DISK))
    assert change(shop.as_user("maker"), "copied", size="2Gi").code == 200


def test_a_source_does_not_become_one_that_its_user_may_not_read(shop: Server) -> None:
    shop.must("POST", VIRTUAL_DISK.path(SHOP), disk("blank"))
    answer = change(shop.as_user("maker"), "blank", source={"blank": None, **DISK})
    assert answer.code == 403, answer
