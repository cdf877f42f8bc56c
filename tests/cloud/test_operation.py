"""Acts on machines, as operations: on real guests that move between real nodes."""

import json
from typing import Any

import pytest
from support.user import INSTANCES, MACHINES, OPERATIONS, Object, User, disk, machine, operation

from cloud.api import condition
from cloud.steps import NotYet

pytestmark = pytest.mark.cloud

MIGRATIONS = "virtualmachineinstancemigrations.kubevirt.io"
COUNTS = (
    "(n=0; while true; do n=$((n+1)); echo $n > /tmp/next; mv /tmp/next /tmp/n; sleep 0.1; done) > /dev/null 2>&1 &"
)
"""Whoever reads it finds a number at any moment."""


def test_a_restart_boots_the_guest_anew_and_says_how_long_it_took(owner: User) -> None:
    before = _boot(owner)
    owner.apply(operation("again", "a", "Restart"))
    done = until_ended(owner, "again")
    assert condition(done, "Complete")["reason"] == "Completed", done["status"]
    assert done["status"]["lasted"]["seconds"] > 0
    assert done["status"]["lasted"]["estimated"] > 0
    owner.until_ready(MACHINES, "a", "Running")
    assert _boot(owner) != before
    assert "operation" not in (owner.get(MACHINES, "a") or {})["status"]


def test_it_moves_to_the_node_that_is_named_and_back_and_its_guest_goes_on(owner: User) -> None:
    first = owner.until_ready(MACHINES, "a", "Running")["status"]["host"]
    (second,) = set(owner.settings.node_names) - {first}
    boot = _boot(owner)
    with owner.console("a") as console:
        console.run(COUNTS)

    owner.apply(operation("there", "a", "Migrate", migrate={"host": second}))
    done = until_ended(owner, "there")
    assert done["status"]["outcome"] == f"a moved from {first} to {second}."
    assert owner.until_ready(MACHINES, "a", "Running")["status"]["host"] == second
    assert _is_bound_to_no_node(owner)

    owner.apply(operation("back", "a", "Migrate", migrate={"awayFrom": second}))
    back = until_ended(owner, "back")
    assert condition(back, "Complete")["status"] == "True"
    moved = owner.until_ready(MACHINES, "a", "Running")["status"]
    assert moved["host"] == first
    for lasted in (back["status"]["lasted"], moved["lastMigration"]):  # as the move before taught
        assert {"seconds", "estimated"} <= lasted.keys()
        assert lasted["observations"] >= 1
    assert _boot(owner) == boot
    with owner.console("a") as console:
        counted = int(console.run("cat /tmp/n").strip())

        def goes_on() -> None:
            if int(console.run("cat /tmp/n").strip()) <= counted:
                raise NotYet(f"it stands at {counted}")

        owner.until("the guest's counter to go on", goes_on)


def test_of_two_at_once_the_second_is_refused_with_the_name_of_the_first(owner: User) -> None:
    owner.apply(operation("first", "a", "Migrate"))
    owner.apply(operation("second", "a", "Restart"))
    refused = condition(until_ended(owner, "second"), "Failed")
    assert refused["reason"] == "TargetBusy"
    assert refused["message"].startswith("Operation first acts on ")
    assert condition(until_ended(owner, "first"), "Complete")["status"] == "True"


def test_a_dry_run_says_what_would_be_and_does_nothing(owner: User) -> None:
    host = owner.until_ready(MACHINES, "a", "Running")["status"]["host"]
    owner.apply(operation("look", "a", "Migrate", dryRun=True))
    assert until_ended(owner, "look")["status"]["outcome"] == f"a would move from {host} to another node."
    assert owner.get(MIGRATIONS, "look") is None


def test_a_machine_that_can_not_move_says_why_before_anything_is_done(user: User) -> None:
    user.apply(disk("d", datastore="fixed"), machine("a", disks=[{"name": "data", "disk": "d"}]))
    user.until_ready(MACHINES, "a", "Running")
    user.apply(operation("move", "a", "Migrate"))
    failed = condition(until_ended(user, "move"), "Failed")
    assert failed["reason"] == "NotMigratable"
    assert "ReadWriteMany" in failed["message"]
    assert json.loads(user.kubectl("get", MIGRATIONS, "--output=json"))["items"] == []


def test_who_asked_is_the_api_servers_word(user: User) -> None:
    forged = operation("forged", "nothing", "Restart")
    forged["metadata"]["annotations"] = {"vireo.dev/requested-by": "somebody-else"}
    user.apply(forged)
    made = user.get(OPERATIONS, "forged") or {}
    assert made["metadata"]["annotations"]["vireo.dev/requested-by"] != "somebody-else"
    user.until_said(OPERATIONS, "forged", "TargetMissing", "Complete")
    status = (user.get(OPERATIONS, "forged") or {})["status"]
    assert status["requestedBy"] == made["metadata"]["annotations"]["vireo.dev/requested-by"]


def until_ended(user: User, name: str) -> Object:
    def ended() -> Object:
        found = user.get(OPERATIONS, name) or {}
        said = condition(found, "Complete")
        if "True" not in (said.get("status"), condition(found, "Failed").get("status")):
            raise NotYet(f"{said.get('reason')}: {said.get('message')}")
        return found

    return user.until(f"operation {name} to end", ended)


def _boot(user: User) -> str:
    with user.console("a") as console:
        return console.run("cat /proc/sys/kernel/random/boot_id").strip()


def _is_bound_to_no_node(user: User) -> bool:
    spec: dict[str, Any] = (user.get(INSTANCES, "a") or {})["spec"]
    return "kubernetes.io/hostname" not in json.dumps([spec.get("nodeSelector"), spec.get("affinity")])
