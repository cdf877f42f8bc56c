"""The host's side of the nodes: the bridge, the routes, the cables, and the loop devices that a dead node leaves behind."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from cloud.nodes.node import Node, nodes
from cloud.settings import Network, Settings
from cloud.steps import Failure, NotYet


def build_network(settings: Settings) -> None:
    """The bridge with the host's address, and the routes to pods. What the cloud does not have is unreachable, so that
    no packet for it can leave the machine."""
    network = settings.network
    if not Path("/sys/class/net", network.bridge).exists():
        ip("link", "add", network.bridge, "type", "bridge")
    ip("address", "replace", f"{network.host}/24", "dev", network.bridge)
    ip("link", "set", network.bridge, "up")
    ip("route", "replace", "unreachable", str(network.all))
    ip("route", "replace", "local", str(network.simulated), "dev", "lo")
    for node in nodes(settings):
        ip("route", "replace", str(node.pods), "via", str(node.address))


def remove_network(network: Network) -> None:
    """Removes the bridge and every route of the cloud; the nodes' cables went with them."""
    if Path("/sys/class/net", network.bridge).exists():
        ip("link", "delete", network.bridge)
    for route in _routes():
        if route["dst"] == str(network.all):
            ip("route", "delete", "unreachable", route["dst"])
        elif route["dst"] == str(network.simulated):
            ip("route", "delete", "local", route["dst"], "dev", "lo")


def plug_in(node: Node, pid: int, *, fresh: bool) -> None:
    """Puts a cable between the bridge and the node whose first process runs in the namespaces of `pid`.

    A fresh process gets a new cable: the one that is there belongs to namespaces that are about to vanish.
    Raises NotYet until the process has a network namespace of its own.
    """
    link, network = node.settings.network.link(node.number), node.settings.network
    try:
        if Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            raise NotYet("the node's network namespace")
    except FileNotFoundError:
        raise NotYet("the node's first process") from None
    if fresh and Path("/sys/class/net", link).exists():
        ip("link", "delete", link)
    if not Path("/sys/class/net", link).exists():
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip("link", "set", link, "master", network.bridge, "up")


def set_cable(node: Node, *, up: bool) -> None:
    """Pulls the node's cable, or plugs it in again."""
    ip("link", "set", node.settings.network.link(node.number), "up" if up else "down")


def detach_loop_devices(folder: Path) -> None:
    """Detaches the loop devices whose backing file lies below the folder, and those stacked on them."""
    inside = {(file.stat().st_dev, file.stat().st_ino) for file in folder.rglob("*") if file.is_file()}
    detached: set[int] = set()
    for device in loop_devices():
        if (device["device"], device["inode"]) in inside:
            subprocess.run(["losetup", "--detach", device["name"]], check=False, capture_output=True)
            detached.add(device["number"])


def loop_devices() -> list[dict[str, Any]]:
    """The attached loop devices: name, number, and the device and inode of the backing file."""
    columns = "NAME,BACK-MAJ:MIN,BACK-INO,MAJ:MIN"
    done = subprocess.run(
        ["losetup", "--list", "--json", "--output", columns], capture_output=True, text=True, check=False
    )
    listed = json.loads(done.stdout)["loopdevices"] if done.stdout.strip() else []
    return [
        {
            "name": entry["name"],
            "number": int(str(entry["maj:min"]).partition(":")[2]),
            "device": os.makedev(*map(int, str(entry["back-maj:min"]).split(":"))),
            "inode": int(entry["back-ino"]),
        }
        for entry in listed
    ]


def ip(*arguments: str) -> str:
    """Runs ip(8). Raises Failure with its words."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"ip {' '.join(arguments)}: {done.stderr.strip()}", advice="`make down`, then `make up`")
    return done.stdout


def _routes() -> list[dict[str, Any]]:
    tables = [json.loads(ip("-json", "route", "show", "table", table) or "[]") for table in ("main", "local")]
    return [route for table in tables for route in table]
