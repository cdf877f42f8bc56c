"""Failures of real nodes, made on purpose."""

from cloud.nodes import host
from cloud.nodes.node import Node, nodes
from cloud.nodes.start import boot, power_off, wait_ready
from cloud.settings import Settings
from cloud.steps import Failure, Steps


def node_down(settings: Settings, name: str, *, power: bool) -> None:
    """Pulls the node's cable: it stops answering, and what runs on it goes on, with the storage but without a network.

    With `power`, the node and all that runs on it end at once.
    """
    node = _named(settings, name)
    if not power:
        host.set_cable(node, up=False)
        return
    with Steps().step(f"{name} without power") as step:
        power_off(node, step)


def node_up(settings: Settings, name: str, steps: Steps) -> None:
    """Makes the node answer again: cable in, power on. Returns when it is Ready."""
    node = _named(settings, name)
    with steps.step(f"{name} up") as step:
        boot(node, step)
        wait_ready(node, step)


def _named(settings: Settings, name: str) -> Node:
    for node in nodes(settings):
        if node.name == name:
            return node
    known = ", ".join(settings.node_names) or "none"
    raise Failure(f"there is no real node {name}", advice=f"the cloud's real nodes: {known}")
