"""A machine's life on real nodes: it boots, answers, is paused, moved, switched off from inside and outside, and ends."""

import re

import pytest
from support.user import INSTANCES, KUBEVIRT_MACHINES, MACHINES, SMALL, Object, User, machine

from cloud.steps import NotYet

pytestmark = pytest.mark.cloud

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "init"},
    "stringData": {"userdata": "#cloud-config\nhostname: renamed\n"},
}
GREETING = r"Welcome to (\S+)"


def test_it_boots_as_its_overrides_say_greets_says_where_it_is_and_deleted_leaves_nothing(user: User) -> None:
    hardware = {**SMALL, "overrides": {"spec": {"domain": {"firmware": {"serial": "vireo-7"}}}}}
    user.apply(SECRET, machine("a", hardware=hardware, initialization={"cloudInitSecret": "init"}))
    found = user.until_ready(MACHINES, "a")
    with user.console("a") as console:
        assert "renamed" in console.expect(GREETING, seconds=60)
        assert console.run("cat /sys/class/dmi/id/product_serial") == "vireo-7\n"
    assert found["status"]["phase"] == "Running"
    assert found["status"]["host"] in user.settings.node_names
    assert [re.fullmatch(r"[0-9.]+", one["ip"]) is not None for one in found["status"]["addresses"]] == [True]
    user.delete(MACHINES, "a")
    for resource in (KUBEVIRT_MACHINES, INSTANCES):
        assert user.get(resource, "a") is None
    assert user.kubectl("get", "pods", "--selector=kubevirt.io=virt-launcher", "--output=name") == ""


def test_the_guest_agent_connects_and_says_what_runs(owner: User) -> None:
    def guest() -> dict[str, str]:
        found = (owner.get(MACHINES, "a") or {}).get("status", {}).get("guest", {})
        if found.get("agent") != "Connected" or not found.get("os"):
            raise NotYet(str(found))
        return dict(found)

    assert "Debian" in owner.until("the agent", guest)["os"]


def test_powered_off_and_on_by_its_spec_it_says_how_long_both_took_and_what_was_expected(owner: User) -> None:
    until_booted(owner)
    owner.patch(MACHINES, "a", powerState="Stopped")
    stopped = owner.until_ready(MACHINES, "a", "Stopped")["status"]["lastStop"]
    assert owner.get(INSTANCES, "a") is None
    assert stopped["seconds"] > 0
    assert stopped["estimated"] > 0

    owner.patch(MACHINES, "a", powerState="Running")
    owner.until_ready(MACHINES, "a", "Running")
    again = until_booted(owner)
    assert again["uid"] == _instance(owner)
    assert again["seconds"] > 0
    assert again["estimated"] > 0
    assert again["observations"] >= 1


def test_paused_and_let_go_on(owner: User) -> None:
    owner.until_ready(MACHINES, "a", "Running")
    owner.patch(MACHINES, "a", powerState="Paused")
    owner.until_ready(MACHINES, "a", "Paused")
    owner.patch(MACHINES, "a", powerState="Running")
    owner.until_ready(MACHINES, "a", "Running")
    with owner.console("a") as console:
        assert console.run("echo alive").strip() == "alive"


def test_shut_down_from_inside_it_stays_off_until_asked(owner: User) -> None:
    owner.until_ready(MACHINES, "a", "Running")
    with owner.console("a") as console:
        console.run("poweroff", ends=True)
    owner.until_said(MACHINES, "a", "StoppedByGuest")
    owner.patch(MACHINES, "a", powerState="Stopped")
    owner.until_ready(MACHINES, "a", "Stopped")
    owner.patch(MACHINES, "a", powerState="Running")
    owner.until_ready(MACHINES, "a", "Running")


def test_shut_down_from_inside_it_starts_again_where_its_spec_says_so(owner: User) -> None:
    owner.patch(MACHINES, "a", onGuestShutdown="Restart")
    owner.until_ready(MACHINES, "a", "Running")
    before = _instance(owner)
    with owner.console("a") as console:
        console.run("poweroff", ends=True)

    def started_again() -> None:
        if _instance(owner) in ("", before):
            raise NotYet("the instance of before")

    owner.until("another instance", started_again)
    owner.until_ready(MACHINES, "a", "Running")


def test_migrated_it_goes_on_and_its_host_is_the_other(owner: User) -> None:
    before = owner.until_ready(MACHINES, "a", "Running")["status"]["host"]
    with owner.console("a") as console:
        console.run("echo kept > /tmp/kept")
    owner.virtctl("migrate", "a")

    def moved() -> str:
        host = (owner.get(MACHINES, "a") or {})["status"].get("host", "")
        if host == before:
            raise NotYet(f"on {host}")
        return str(host)

    assert owner.until("the other host", moved) in set(owner.settings.node_names) - {before}
    owner.until_ready(MACHINES, "a", "Running")
    with owner.console("a") as console:
        assert console.run("cat /tmp/kept").strip() == "kept"


def test_stopped_by_virtctl_it_says_so(owner: User) -> None:
    """The last of those that share a machine."""
    owner.patch(MACHINES, "a", onGuestShutdown="Stay")
    owner.until_ready(MACHINES, "a", "Running")
    owner.virtctl("stop", "a")
    owner.until_said(MACHINES, "a", "StoppedOutsideVireo")


def until_booted(user: User) -> Object:
    """The figures of the machine's last start, once its guest's agent has answered."""

    def booted() -> Object:
        found: Object = (user.get(MACHINES, "a") or {})["status"].get("lastStart", {})
        if found.get("until") != "Agent" or "seconds" not in found:
            raise NotYet(str(found))
        return found

    return user.until("the start to have ended", booted)


def _instance(user: User) -> str:
    return str((user.get(INSTANCES, "a") or {"metadata": {"uid": ""}})["metadata"]["uid"])
