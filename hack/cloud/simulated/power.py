"""Failures of simulated nodes, made on purpose."""

import time

from cloud.api import Api, Object, condition
from cloud.settings import Settings
from cloud.simulated.labels import BOOTED, DOWN, SIMULATED
from cloud.steps import Failure, NotYet, Steps


def node_down(settings: Settings, name: str, *, power: bool) -> None:
    """The node stops answering, and its machines go on. With `power` they are found to have ended once it is back."""
    api = Api(settings)
    _simulated(api, name)
    api.merge(_path(name), {"metadata": {"labels": {DOWN: "power" if power else "cable"}}})


def node_up(settings: Settings, name: str, steps: Steps) -> None:
    """The node answers again. Returns when it is Ready."""
    api = Api(settings)
    labels = _simulated(api, name)["metadata"]["labels"]
    booted = {BOOTED: f"{time.time():.3f}"} if labels.get(DOWN) == "power" else {}
    with steps.step(f"{name} up") as step:
        api.merge(_path(name), {"metadata": {"labels": {DOWN: None}, "annotations": booted}})
        step.wait("the node to be Ready", lambda: _check_ready(api, name), seconds=90)


def _check_ready(api: Api, name: str) -> None:
    ready = condition(_simulated(api, name), "Ready")
    if ready.get("status") != "True":
        raise NotYet(ready.get("message", "no condition Ready"))


def _simulated(api: Api, name: str) -> Object:
    node = api.get(_path(name))
    if node is None or node["metadata"].get("labels", {}).get(SIMULATED) != "true":
        raise Failure(f"there is no node {name}", advice="`kubectl get nodes` names them")
    return node


def _path(name: str) -> str:
    return f"/api/v1/nodes/{name}"
