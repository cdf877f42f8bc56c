"""Switches: machines on two real nodes that answer each other over a bridge of the nodes, by the real Multus and bridge plugin."""

from collections.abc import Iterator

import pytest
from support.user import MACHINES, SWITCHES, Refused, User, machine, operation, switch

from cloud.steps import NotYet

pytestmark = pytest.mark.cloud

ATTACHMENTS = "network-attachment-definitions.k8s.cni.cncf.io"
HERE, THERE = "10.77.0.1", "10.77.0.2"


@pytest.fixture(scope="module")
def connected(tenant: User) -> Iterator[User]:
    """A user with a switch of two port groups, of which their namespace may use one, and two machines on it, each on a node."""
    tenant.kubectl("label", "namespace", tenant.namespace, f"team={tenant.namespace}")
    mine = {"name": "mine", "ports": 3, "namespaces": {"matchLabels": {"team": tenant.namespace}}}
    theirs = {"name": "theirs", "namespaces": {"matchLabels": {"team": "others"}}}
    tenant.apply(switch(tenant.namespace, mine, theirs))
    tenant.until_ready(SWITCHES, tenant.namespace, "Connected")
    for name in ("here", "there"):
        tenant.apply(machine(name, networks=[port(tenant)]))
    for name, address in (("here", HERE), ("there", THERE)):
        tenant.until_ready(MACHINES, name, "Running")
        with tenant.console(name) as console:
            console.run(f"ip address add {address}/24 dev eth0 && ip link set eth0 up")
    _move_apart(tenant)
    yield tenant
    tenant.delete(MACHINES, "here", wait=False)
    tenant.delete(MACHINES, "there", wait=False)
    tenant.delete(SWITCHES, tenant.namespace, wait=False)


def port(user: User, group: str = "mine", name: str = "front") -> dict[str, str]:
    return {"name": name, "switch": user.namespace, "portGroup": group}


def test_machines_on_two_nodes_answer_each_other(connected: User) -> None:
    hosts = {connected.until_ready(MACHINES, name, "Running")["status"]["host"] for name in ("here", "there")}
    assert len(hosts) == 2
    _until_answered(connected, "here", THERE)
    _until_answered(connected, "there", HERE)


def test_they_say_their_addresses_and_the_switch_who_has_its_ports(connected: User) -> None:
    status = connected.until_ready(SWITCHES, connected.namespace)["status"]
    assert [(one["name"], one["portGroup"]) for one in status["ports"]] == [("here", "mine"), ("there", "mine")]
    assert status["hosts"] == 2

    def said() -> None:
        found = connected.get(MACHINES, "here") or {}
        if ("front", HERE) not in [(one["network"], one["ip"]) for one in found["status"]["addresses"]]:
            raise NotYet(str(found["status"]["addresses"]))

    connected.until("the guest's address", said)


def test_a_namespace_that_may_not_is_refused_at_once(connected: User) -> None:
    with pytest.raises(Refused, match="may not use port group theirs"):
        connected.apply(machine("no", networks=[port(connected, "theirs")]))
    assert connected.get(ATTACHMENTS, f"{connected.namespace}-theirs") is None


def test_a_port_too_many_waits_until_one_comes_free(connected: User) -> None:
    connected.apply(machine("third", powerState="Stopped", networks=[port(connected), port(connected, name="back")]))
    assert "has given out 3 of 3 ports" in connected.until_said(MACHINES, "third", "NoFreePort")["message"]
    connected.kubectl("patch", SWITCHES, connected.namespace, "--type=json", "--patch", MORE)
    connected.until_ready(MACHINES, "third", "Stopped")
    connected.delete(MACHINES, "third")


def test_a_switch_in_use_is_not_deleted(connected: User) -> None:
    connected.delete(SWITCHES, connected.namespace, wait=False)
    assert "VirtualMachine" in connected.until_said(SWITCHES, connected.namespace, "InUse")["message"]
    assert connected.get(ATTACHMENTS, f"{connected.namespace}-mine")
    _until_answered(connected, "here", THERE)


MORE = '[{"op": "replace", "path": "/spec/portGroups/0/ports", "value": 4}]'


def _move_apart(user: User) -> None:
    """Each on a node of its own, which also shows that a machine with a port moves while it runs."""
    host = user.until_ready(MACHINES, "here", "Running")["status"]["host"]
    if user.until_ready(MACHINES, "there", "Running")["status"]["host"] == host:
        user.apply(operation("apart", "there", "Migrate", migrate={"awayFrom": host}))

        def moved() -> None:
            found = user.until_ready(MACHINES, "there", "Running")["status"]["host"]
            if found == host:
                raise NotYet(f"it is on {found}")

        user.until("the machines to be apart", moved)


def _until_answered(user: User, name: str, address: str) -> None:
    with user.console(name) as console:

        def answered() -> None:
            words = console.run(f"ping -c 1 -W 1 {address}; true")
            if " 0% packet loss" not in words:
                raise NotYet(words)

        user.until(f"{address} to answer {name}", answered)
