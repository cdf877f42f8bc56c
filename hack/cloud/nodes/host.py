"""The host's side of the nodes: the bridge, the routes and the cables."""

import json
import subprocess
from pathlib import Path
from typing import Any

from cloud.networks.node import CABLE
from cloud.nodes.node import Node, nodes
from cloud.settings import Network, Settings
from cloud.steps import Failure, NotYet, Steps

WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
WATCHES_WANTED = 1024


def allow_watches(steps: Steps) -> None:
    """Lets root watch as many files as several clouds need: each has about 60 inotify instances, and 128 is a usual limit."""
    if int(WATCHES.read_text()) < WATCHES_WANTED:
        steps.say(f"fs.inotify.max_user_instances raised from {WATCHES.read_text().strip()} to {WATCHES_WANTED}")
        WATCHES.write_text(str(WATCHES_WANTED))


def build_network(settings: Settings) -> None:
    """The bridge with the host's address, and the routes to pods. What the cloud does not have is unreachable, so that
    no packet for it can leave the machine."""
    network = settings.network
    for bridge in (network.bridge, network.segment):
        if not _exists(bridge):
            ip("link", "add", bridge, "type", "bridge")
        ip("link", "set", bridge, "up")
    ip("address", "replace", f"{network.host}/24", "dev", network.bridge)
    ip("route", "replace", "unreachable", str(network.all))
    ip("route", "replace", "local", str(network.simulated), "dev", "lo")
    for node in nodes(settings):
        ip("route", "replace", str(node.pods), "via", str(node.address))


def remove_network(network: Network) -> None:
    """Removes the bridges and every route of the cloud; the nodes' cables went with them."""
    for bridge in (network.bridge, network.segment):
        if _exists(bridge):
            ip("link", "delete", bridge)
    for route in _routes():
        if route["dst"] == str(network.all):
            ip("route", "delete", "unreachable", route["dst"])
        elif route["dst"] == str(network.simulated):
            ip("route", "delete", "local", route["dst"], "dev", "lo")


def plug_in(node: Node, pid: int, *, fresh: bool) -> None:
    """Puts cables between the bridges and the node whose first process runs in the namespaces of `pid`.

    A fresh process gets new cables: those that are there belong to namespaces that are about to vanish.
    Raises NotYet until the process has a network namespace of its own.
    """
    network = node.settings.network
    try:
        if Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            raise NotYet("the node's network namespace")
    except FileNotFoundError:
        raise NotYet("the node's first process") from None
    cables = (
        (network.link(node.number), "eth0", network.bridge),
        (network.segment_link(node.number), CABLE, network.segment),
    )
    for link, inside, bridge in cables:
        if fresh and _exists(link):
            ip("link", "delete", link)
        if not _exists(link):
            ip("link", "add", link, "type", "veth", "peer", "name", inside, "netns", str(pid))
        ip("link", "set", link, "master", bridge, "up")


def set_cable(node: Node, *, up: bool) -> None:
    """Pulls the node's cables, or plugs them in again."""
    network = node.settings.network
    for link in (network.link(node.number), network.segment_link(node.number)):
        ip("link", "set", link, "up" if up else "down")


def ip(*arguments: str) -> str:
    """Runs ip(8). Raises Failure with its words."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"ip {' '.join(arguments)}: {done.stderr.strip()}", advice="`make down`, then `make up`")
    return done.stdout


def _exists(link: str) -> bool:
    return Path("/sys/class/net", link).exists()


def _routes() -> list[dict[str, Any]]:
    tables = [json.loads(ip("-json", "route", "show", "table", table) or "[]") for table in ("main", "local")]
    return [route for table in tables for route in table]
