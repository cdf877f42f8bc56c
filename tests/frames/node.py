"""A node as the bridge plugin finds it: the plugin plugs ports in and out, frames are sent, and counted where they arrive."""

import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from shlex import quote

from cloud.console import Terminal

UPLINK = "uplink"
"""What is at the other end of the node's cable."""
ITSELF = "node"
NOBODY = "10.77.255.254"
RECEIVED = re.compile(r"^(\S+) net1(?:\.(\d+))?: *\d+ +(\d+) ", re.MULTILINE)
READ_ALL = 'for port in /run/netns/*; do nsenter --net=$port sed "s/^ */${port##*/} /" /proc/net/dev; done'

Counts = dict[tuple[str, str], int]
"""Frames received, by port and tag; the tag "" is all that came to the port."""


class Node:
    """Each port is the interface net1 in a network namespace of its own; `eth1` is the node's cable."""

    def __init__(self, shell: Terminal) -> None:
        self.run = shell.run
        self._addresses: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._new_port(UPLINK)
        self.run(f"ip link add eth1 type veth peer name net1 netns {UPLINK} && ip -n {UPLINK} link set net1 up")

    def join(self, bridge: str) -> None:
        """Gives the node itself an address on its bridge."""
        self.run(f"ip address add {self._new_address(ITSELF)}/16 dev {bridge}")

    def plug(self, port: str, config: str) -> None:
        """A new port, which the plugin adds."""
        self._new_port(port)
        self._plugin("ADD", port, config)
        self.run(f"ip -n {port} address add {self._addresses[port]}/16 dev net1")

    def unplug(self, port: str, config: str) -> None:
        self._plugin("DEL", port, config)
        self.run(f"ip netns delete {port}")

    @contextmanager
    def plugged(self, port: str, config: str) -> Iterator[None]:
        self.plug(port, config)
        try:
            yield
        finally:
            self.unplug(port, config)

    def tag(self, port: str, vlans: Iterable[int]) -> None:
        """Gives a port interfaces that send and receive with these tags."""
        for vlan in vlans:
            self.run(f"ip -n {port} link add link net1 name net1.{vlan} up type vlan id {vlan}")

    def answers(self, port: str, other: str) -> bool:
        """Whether the one who has the address of `other` answers `port`."""
        said = self.run(f"nsenter --net=/run/netns/{port} arping -f -w 3 -I net1 {self._addresses[other]}; true")
        assert "Sent " in said, said
        return "Received 0 " not in said

    def heard(self, port: str, vlan: int | None = None) -> set[str]:
        """Where a broadcast of a port arrives that it sends without a tag, or with that of `vlan`.

        `web-1`: at the port web-1, without a tag that it knows; `trunk-1.100`: at the port trunk-1, with the tag 100.
        """
        before = self._received()
        device = f"net1.{vlan}" if vlan else "net1"
        said = self.run(f"nsenter --net=/run/netns/{port} arping -D -c 1 -w 1 -I {device} {NOBODY}")
        assert "Sent 1 probe" in said, said
        return set(_where(before, self._received()))

    def _new_port(self, name: str) -> None:
        self._new_address(name)
        self.run(f"ip netns add {name}")

    def _new_address(self, name: str) -> str:
        self._addresses[name] = f"10.77.0.{next(self._numbers)}"
        return self._addresses[name]

    def _plugin(self, command: str, port: str, config: str) -> None:
        environment = f"CNI_COMMAND={command} CNI_CONTAINERID={port} CNI_NETNS=/run/netns/{port} CNI_IFNAME=net1 CNI_PATH=/opt/cni/bin"
        self.run(f"printf %s {quote(config)} | {environment} /opt/cni/bin/bridge")

    def _received(self) -> Counts:
        return {(port, tag): int(count) for port, tag, count in RECEIVED.findall(self.run(READ_ALL))}


def _where(before: Counts, after: Counts) -> Iterator[str]:
    news = {key: after[key] - before[key] for key in after if key in before}
    for (port, tag), count in news.items():
        if tag and count:
            yield f"{port}.{tag}"
        if not tag and count > sum(other for (name, own), other in news.items() if name == port and own):
            yield port
