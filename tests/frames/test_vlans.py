"""What a switch's ports hear of each other: Vireo's configurations, the real bridge plugin, a kernel that filters VLANs, and frames.

The local cloud's kernel has no VLAN filtering, so the node is a guest of QEMU with Debian's. One boot is shared by all tests.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frames.node import ITSELF, UPLINK, Node
from frames.qemu import PACKAGE, Qemu

from cloud import build
from cloud.build import debian
from cloud.console import Terminal
from cloud.steps import Steps
from vireo.kinds.virtualswitch.attachments import attachment
from vireo.kinds.virtualswitch.types import VirtualSwitchSpec

pytestmark = [
    pytest.mark.frames,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("apt-get"),
        reason="needs root and apt-get: QEMU and what its guest is made of are Debian's packages",
    ),
]

GUEST = "frames-guest"
QUIET = "ipv6.disable=1"  # nobody sends a frame unasked
PAGE = Path(__file__).parents[2] / "docs/virtualswitch.md"
SWITCH = VirtualSwitchSpec.model_validate(
    {
        "uplink": {"bridge": "br-prod"},
        "portGroups": [
            {"name": "plain"},
            {"name": "web", "vlan": 100},
            {"name": "db", "vlan": 200},
            {"name": "lab", "vlan": 120},
            {"name": "alone", "vlan": 105, "isolated": True},
            {"name": "free", "vlan": 120, "macSpoofCheck": False},
            {"name": "trunk", "allowedVlans": [{"from": 100, "to": 110}, {"id": 200}], "nativeVlan": 4000},
            {"name": "backup", "allowedVlans": [{"id": 200}], "nativeVlan": 4001},
        ],
    }
)
PORTS = (
    *("plain-1", "plain-2", "web-1", "web-2", "db-1", "db-2", "lab-1", "alone-1", "alone-2"),
    *("trunk-1", "trunk-2", "backup-1"),
)
TAGGED = ("trunk-1", "trunk-2", "backup-1", UPLINK)
TAGS = (100, 105, 120, 200)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A node as the switch's page has the administrator make it, with two ports of most port groups."""
    debian.require([PACKAGE], Steps())
    build.ensure([GUEST], Steps())
    shell = Terminal("the node", lambda: Qemu(build.artefact(GUEST), QUIET))
    try:
        yield _wired(Node(shell))
    finally:
        shell.close()


def _wired(node: Node) -> Node:
    for command in _of_the_administrator():
        node.run(command)
    node.join(SWITCH.uplink.bridge)
    for port in PORTS:
        node.plug(port, config(port))
    for port in TAGGED:
        node.tag(port, TAGS)
    return node


def _of_the_administrator() -> list[str]:
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block, f"{PAGE} does not say how the bridge is made"
    return block[1].splitlines()


def config(port: str) -> str:
    """What Vireo writes into the attachment of the port's group."""
    group = next(one for one in SWITCH.port_groups if one.name == port.rpartition("-")[0])
    written: str = attachment("prod", SWITCH, group, "shop").manifest["spec"]["config"]
    return written


def spoiled(port: str, **changes: Any) -> str:
    """The same with a mistake in it: fields that are other, or with None not there."""
    wanted = {**json.loads(config(port)), **changes}
    return json.dumps({name: value for name, value in wanted.items() if value is not None})


def test_ports_of_one_vlan_answer_each_other(node: Node) -> None:
    assert node.answers("web-1", "web-2")
    assert node.answers("db-2", "db-1")
    assert node.answers("plain-1", "plain-2")


def test_ports_of_different_vlans_do_not(node: Node) -> None:
    assert not node.answers("web-1", "db-1")
    assert not node.answers("db-1", "plain-1")
    assert not node.answers("plain-1", "web-1")


def test_the_node_itself_is_in_the_default_vlan_only(node: Node) -> None:
    assert node.answers("plain-1", ITSELF)
    assert not node.answers("web-1", ITSELF)
    assert not node.answers("trunk-1", ITSELF)


def test_a_frame_reaches_its_vlan_and_nobody_else(node: Node) -> None:
    assert node.heard("web-1") == {"web-2", "trunk-1.100", "trunk-2.100", "uplink.100"}
    assert node.heard("db-1") == {"db-2", "trunk-1.200", "trunk-2.200", "backup-1.200", "uplink.200"}
    assert node.heard("lab-1") == {"uplink.120"}
    assert node.heard("plain-1") == {"plain-2", UPLINK}


def test_what_comes_in_by_the_uplink_reaches_its_vlan_and_nobody_else(node: Node) -> None:
    assert node.heard(UPLINK, 100) == {"web-1", "web-2", "trunk-1.100", "trunk-2.100"}
    assert node.heard(UPLINK, 120) == {"lab-1"}
    assert node.heard(UPLINK) == {"plain-1", "plain-2"}


def test_on_a_bridge_that_does_not_filter_every_port_hears_all(node: Node) -> None:
    node.run("ip link set br-prod type bridge vlan_filtering 0")
    try:
        assert {"web-2", "db-1", "lab-1", "plain-1"} <= node.heard("web-1")
    finally:
        node.run("ip link set br-prod type bridge vlan_filtering 1")


def test_a_tagged_frame_of_a_trunk_reaches_the_vlan_that_it_names(node: Node) -> None:
    assert node.heard("trunk-1", 100) == {"web-1", "web-2", "trunk-2.100", "uplink.100"}
    assert node.heard("trunk-1", 200) == {"db-1", "db-2", "trunk-2.200", "backup-1.200", "uplink.200"}
    assert node.heard("backup-1", 200) == {"db-1", "db-2", "trunk-1.200", "trunk-2.200", "uplink.200"}


def test_a_tagged_frame_of_a_vlan_that_its_trunk_does_not_allow_goes_nowhere(node: Node) -> None:
    assert node.heard("trunk-1", 120) == set()
    assert node.heard("backup-1", 100) == set()


def test_an_access_port_can_not_name_another_vlan(node: Node) -> None:
    node.tag("web-1", [200])
    assert node.heard("web-1", 200) == set()


def test_an_untagged_frame_leaves_its_trunk_nowhere(node: Node) -> None:
    assert node.heard("backup-1") == set()
    assert node.heard("trunk-1") == {"trunk-2"}


def test_without_a_native_vlan_it_would_leak_into_the_default_one(node: Node) -> None:
    with node.plugged("leaky-1", spoiled("backup-1", vlan=None)):
        assert node.heard("leaky-1") == {"plain-1", "plain-2", UPLINK}
        assert node.answers("leaky-1", ITSELF)


def test_with_the_native_vlan_of_another_trunk_it_would_be_heard_there(node: Node) -> None:
    with node.plugged("twin-1", spoiled("trunk-1", vlan=4001)):
        assert node.heard("twin-1") == {"backup-1"}


def test_isolated_ports_reach_the_uplink_and_not_each_other(node: Node) -> None:
    assert not node.answers("alone-1", "alone-2")
    assert node.heard("alone-1") == {"trunk-1.105", "trunk-2.105", "uplink.105"}
    with node.plugged("alone-3", spoiled("alone-1", portIsolation=None)):
        assert node.answers("alone-3", "alone-1")


@pytest.mark.parametrize(("group", "arrives"), [("lab", False), ("free", True)])
def test_a_frame_from_another_hardware_address_passes_only_where_that_is_not_checked(
    node: Node, group: str, arrives: bool
) -> None:
    port = f"{group}-2"
    with node.plugged(port, config(port)):
        assert "lab-1" in node.heard(port)
        node.run(f"ip -n {port} link set net1 address 02:00:00:00:00:01")
        assert ("lab-1" in node.heard(port)) is arrives


def test_of_a_port_that_is_unplugged_nothing_is_left(node: Node) -> None:
    def there() -> str:
        return node.run("bridge vlan show && nft list ruleset")

    before = there()
    with node.plugged("trunk-3", config("trunk-3")):
        assert len(there().splitlines()) > len(before.splitlines())
    assert there() == before
