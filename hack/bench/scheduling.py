"""Pods that the chart's scheduler places a second: with Vireo's extender, without any, and with one that is gone, hangs or lies.

The real kube-scheduler with the chart's configuration on a control plane whose nodes are objects: nothing plays them. The same pods each
time: they wait until the scheduler starts, and what counts is from the first binding that the API server answered to the last, by its
audit log.
"""

import os
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench import troubled
from bench.crowd import apply_all
from bench.figure import median, show, spread
from bench.namespace import Field, field
from bench.played import recorded
from cloud import audit, control_plane, processes, scheduler, vireo
from cloud.api import Api, Object
from cloud.control_plane import service_account
from cloud.settings import Settings
from cloud.simulated import nodes
from cloud.steps import Failure, NotYet, Steps

NODES: Final = int(os.environ.get("VIREO_BENCH_NODES") or 1000)
PODS: Final = int(os.environ.get("VIREO_BENCH_PODS") or 500)
ROUNDS: Final = int(os.environ.get("VIREO_BENCH_ROUNDS") or 5)
WITHOUT: Final = "without an extender"
PATIENCE: Final = 60 + PODS * 0.5
UNTIL_ENDED: Final = 10.0
"""How long an extender that hangs is left in the chart's pods, by its liveness probe (docs/scheduler.md)."""
CONTROLLERS: Final = "kube-controller-manager"
ALL_NODES: Final = "/api/v1/nodes?labelSelector=vireo.dev/simulated=true"


@dataclass(frozen=True)
class Scene:
    """Where the pods are, and as whom scheduler and extender come."""

    place: Field
    kubeconfig: Path

    @property
    def settings(self) -> Settings:
        return self.place.settings

    @property
    def pods(self) -> str:
        return f"/api/v1/namespaces/{self.place.namespace}/pods"


Side = Callable[[Scene], AbstractContextManager[str]]
"""In a `with`, the extender; its address, or nothing for none."""


def main(settings: Settings) -> None:
    """Prints a figure for each extender beside that without one."""
    if settings.run != "none":
        raise Failure("Vireo runs in this cloud already", advice="unset VIREO_CLOUD, or VIREO_RUN=none make up")
    with _scene(settings) as scene:
        rounds: dict[str, list[float]] = {name: [] for name in SIDES}
        for number in range(ROUNDS):
            names = list(SIDES)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                rounds[name].append(_round(scene, name))
    for name, found in rounds.items():
        sizes = {"simulated": True, "nodes": NODES, "pods": PODS, "rounds": ROUNDS, **spread(found)}
        peer = None if name == WITHOUT else (WITHOUT, median(rounds[WITHOUT]))
        show(f"scheduling: {name}", median(found), "pods/s", sizes, peer)


@contextmanager
def _none(_scene: Scene) -> Iterator[str]:
    yield ""


@contextmanager
def _ours(scene: Scene) -> Iterator[str]:
    """It has seen all nodes."""
    process = scheduler.extender(scene.settings, scene.kubeconfig)
    processes.start(scene.settings, process)
    health = f"http://127.0.0.1:{scheduler.health_port(scene.settings)}/readyz"
    try:
        scene.place.until("the extender", partial(_check_ready, health))
        yield f"http://{scene.settings.network.loopback}:{scheduler.EXTENDER_PORT}"
    finally:
        processes.end(processes.everything(scene.settings, process.name), patience=20)


def _check_ready(url: str) -> None:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError as error:
        raise NotYet(str(error)) from None


SIDES: Final[Mapping[str, Side]] = {
    WITHOUT: _none,
    "with Vireo's": _ours,
    "with one that refuses connections": lambda _scene: troubled.refusing(),
    "with one that answers rubbish": lambda _scene: troubled.talking_rubbish(),
    f"with one that hangs for {UNTIL_ENDED:.0f} s and is gone then": lambda _scene: troubled.hanging(UNTIL_ENDED),
    "with one that hangs for ever": lambda _scene: troubled.hanging(),
}


@contextmanager
def _scene(settings: Settings) -> Iterator[Scene]:
    """The chart is installed without its pods. The cluster's controllers stand still meanwhile: they would say of each node that nobody
    speaks for it, and delete its pods."""
    with Steps(out=sys.stderr).step("the chart") as step:
        api = Api(settings)
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": vireo.NAMESPACE}})
        vireo.install(settings, step, vireo.WITHOUT_PODS)
    kubeconfig = service_account(settings, scheduler.NAME, vireo.NAMESPACE, scheduler.NAME)
    with field(settings) as place:
        accounts = f"/api/v1/namespaces/{place.namespace}/serviceaccounts/default"
        place.until("the namespace", partial(_check_there, api, accounts))
        processes.end(processes.everything(settings, CONTROLLERS), patience=20)
        try:
            apply_all(api, (nodes.node(number) for number in range(NODES)))
            yield Scene(place, kubeconfig)
        finally:
            api.delete(ALL_NODES)
            control_plane.deploy(settings, Steps(out=sys.stderr))


def _check_there(api: Api, path: str) -> None:
    if api.get(path) is None:
        raise NotYet(path)


def _round(scene: Scene, name: str) -> float:
    """Pods a second."""
    apply_all(scene.place.api, (_pod(scene.place, number) for number in range(PODS)))
    since = audit.mark(scene.settings)
    try:
        with SIDES[name](scene) as extender:
            _start(scene, extender)
            scene.place.until(f"{PODS} pods to be placed {name}", partial(_check_placed, scene, since), PATIENCE)
        times = _bindings(scene, since)
        found = (PODS - 1) / (max(times) - min(times))
        print(f"{name}: {found:.1f} pods/s", file=sys.stderr, flush=True)
        return found
    finally:
        processes.end(processes.everything(scene.settings, scheduler.NAME), patience=20)
        scene.place.api.delete(f"{scene.pods}?gracePeriodSeconds=0")


def _pod(place: Field, number: int) -> Object:
    """A machine's, as KubeVirt makes it."""
    pod = recorded(place.namespace, f"m{number}")[1]
    spec = {**pod["spec"], "schedulerName": scheduler.NAME}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**pod["metadata"], "namespace": place.namespace},
        "spec": spec,
    }


def _start(scene: Scene, extender: str) -> None:
    config = scheduler.config(scene.settings, vireo.NAMESPACE)
    config["extenders"] = [{**one, "urlPrefix": extender} for one in config["extenders"] if extender]
    with Steps(out=sys.stderr).step("kube-scheduler") as step:
        scheduler.start_with(scene.settings, scene.kubeconfig, config, step)


def _check_placed(scene: Scene, since: int) -> None:
    if (placed := len(_bindings(scene, since))) < PODS:
        raise NotYet(f"{placed // 100 * 100} are")


def _bindings(scene: Scene, since: int) -> list[float]:
    """When each was answered."""
    return [
        one.at
        for one in audit.writes(scene.settings, since)
        if (one.resource, one.namespace, one.code) == ("pods/binding", scene.place.namespace, 201)
    ]
