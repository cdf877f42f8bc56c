"""The same work by Vireo and by a minimal operator in Go (peer/, with controller-runtime): processor seconds and memory.

One after the other. Both watch the same resources, make the same machines of KubeVirt and say the same of them, which is checked.
KubeVirt is played (played.py): what its controllers write of a machine is written at the same pace for both, and no guest runs.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from bench import namespace, played
from bench.figure import show
from bench.namespace import KUBEVIRT, VIREO, Field
from bench.usage import cpu_seconds, peak, resident, until_quiet
from cloud import audit, pki, processes, vireo
from cloud.api import Api, Object, documents
from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.golang import GoBinaries
from cloud.control_plane import kubeconfig_of, server
from cloud.pki import Identity
from cloud.processes import Process
from cloud.settings import CHECKOUT, Settings
from cloud.steps import Failure, NotYet, Steps

MACHINES: Final = int(os.environ.get("VIREO_BENCH_MACHINES") or 1000)
PEER: Final = "controller-runtime"
AT_ONCE: Final = 8
PATIENCE: Final = 120 + MACHINES / 5
IDLE_SECONDS: Final = 60


@dataclass
class Side:
    """What one operator took: processor seconds and MiB, by what it was doing; what it wrote; and what came of it."""

    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    outcome: Mapping[str, Object] = field(default_factory=dict)


def main(settings: Settings) -> None:
    """Prints a figure for each thing that the operators did, and for their memory then."""
    if settings.run != "none":
        raise Failure("Vireo runs in this cloud already", advice="unset VIREO_CLOUD, or VIREO_RUN=none make up")
    _prepare(settings)
    ours = _measure(settings, "bench-vireo", partial(vireo.operator, settings))
    theirs = _measure(settings, "bench-peer", partial(_peer, settings))
    _check_same(ours, theirs)
    sizes = {"simulated": True, "machines": MACHINES}
    for what, seconds in ours.cpu.items():
        show(f"operator_cpu: {what}", seconds, "seconds", sizes, (PEER, theirs.cpu[what]))
    for what, mebibytes in ours.memory.items():
        show(f"operator_memory: {what}", mebibytes, "MiB", sizes, (PEER, theirs.memory[what]))
    kinds = {"kinds": ours.writes, "peer_kinds": theirs.writes}
    show("operator_writes", ours.writes.total(), "requests", {**sizes, **kinds}, (PEER, theirs.writes.total()))


def _prepare(settings: Settings) -> None:
    with Steps(out=sys.stderr).step("CRDs") as step:
        played.install(settings, step)
        api = Api(settings)
        for file in sorted((CHECKOUT / "crds").glob("*.yaml")):
            for crd in documents(file.read_text()):
                api.apply(crd)
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": vireo.NAMESPACE}})


def _peer(settings: Settings, kubeconfig: Path) -> Process:
    target = GoBinaries("bench-peer", Path(__file__).parent / "peer", {"bench-peer": "vireo.dev/bench-peer"})
    folder = Builder({target.name: target}, Cache.of_user()).artefact(target.name, Steps(out=sys.stderr))
    port = vireo.HEALTH_PORT + settings.network.index
    where = f"--leader-elect-resource-namespace={vireo.NAMESPACE}"
    command = (str(folder / "bench-peer"), f"--metrics-bind-address=:{port}", where)
    return Process("bench-peer", command, {"KUBECONFIG": str(kubeconfig)})


def _measure(settings: Settings, user: str, operator: Callable[[Path], Process]) -> Side:
    """One operator, alone: started on nothing, many machines made, changed, left alone; started on all of them."""
    process = operator(_kubeconfig(settings, user))
    try:
        with namespace.field(settings, patience=PATIENCE) as place:
            since, work = audit.mark(settings), Work(place, Side(), processes.start(settings, process).pid)
            work.phase("start on nothing", lambda: until_quiet(work.pid))
            work.phase("make", work.make)
            work.phase("change", work.change)
            work.phase("idle for a minute", lambda: time.sleep(IDLE_SECONDS))
            work.side.memory["at most"] = peak(work.pid)
            work.side.writes = place.writes(since, user)
            processes.end(processes.everything(settings, process.name), patience=20)
            work.pid = processes.start(settings, process).pid
            work.phase("start on all", lambda: until_quiet(work.pid))
            work.side.memory["at most, started on all"] = peak(work.pid)
            work.side.outcome = _outcome(place)
            return work.side
    finally:
        processes.end(processes.everything(settings, process.name), patience=20)


@dataclass
class Work:
    """What there is to do for an operator."""

    place: Field
    side: Side
    pid: int

    def phase(self, what: str, work: Callable[[], object]) -> None:
        """Does it, and notes what it took the operator."""
        before = cpu_seconds(self.pid)
        work()
        self.side.cpu[what] = cpu_seconds(self.pid) - before
        self.side.memory[what] = resident(self.pid)

    def make(self) -> None:
        """Machines, applied by a user, and all that becomes of them."""
        self._all(lambda name: self.place.api.apply(self.place.machine(name)))
        self.place.until("the machines of KubeVirt", self._check_made, PATIENCE)
        played.play(played.Played(self.place.api, self.place.namespace, name) for name in _names())
        self.place.until("the machines to be Ready", self._check_ready, PATIENCE)
        until_quiet(self.pid)

    def change(self) -> None:
        """More memory for each."""
        change = {"spec": {"hardware": {"memory": "512Mi"}}}
        self._all(lambda name: self.place.api.merge(self.place.path(VIREO, name), change))
        until_quiet(self.pid)

    def _all(self, act: Callable[[str], object]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(act, _names()))

    def _check_made(self) -> None:
        made = len(self.place.api.column(self.place.path(KUBEVIRT), "Status"))
        if made < MACHINES:
            raise NotYet(f"{made} are there")

    def _check_ready(self) -> None:
        ready = self.place.api.column(self.place.path(VIREO), "Ready").count("True")
        if ready < MACHINES:
            raise NotYet(f"{ready} are")


def _names() -> list[str]:
    return [f"machine-{number}" for number in range(MACHINES)]


def _kubeconfig(settings: Settings, user: str) -> Path:
    """A kubeconfig of a user who may do everything, by whose name the audit log tells who wrote what."""
    pki.make(settings, [Identity(user, user, ("system:masters",))])
    file = kubeconfig_of(settings, user)
    file.touch(mode=0o600)
    file.write_text(pki.kubeconfig(settings, user, server(settings)))
    return file


def _outcome(place: Field) -> Mapping[str, Object]:
    """Of each machine the spec of KubeVirt's, and the status of ours, less what differs from one machine of a name to the next."""
    ours = {one["metadata"]["name"]: one for one in place.api.items(place.path(VIREO))}
    return {name: _comparable(ours[name], spec) for name, spec in place.specs().items()}


def _comparable(machine: Object, spec: Object) -> Object:
    domain, status = spec["template"]["spec"]["domain"], machine["status"]
    if domain["firmware"].pop("uuid") != machine["metadata"]["uid"] or not status.pop("instance"):
        raise Failure(f"{machine['metadata']['name']} is not what its operator should have made")
    for memory in ("applied", "lastStart"):  # the peer learns nothing, and asks the API server again after a restart
        status.pop(memory, None)
    for card in domain["devices"]["interfaces"]:
        card.pop("macAddress")
    for one in status["conditions"]:
        one.pop("lastTransitionTime")
    status["conditions"].sort(key=lambda one: str(one["type"]))
    return {"spec": _said(spec), "status": _said(status)}


def _said(value: Object) -> Object:
    """Without what says nothing: Go writes empty objects, and Python empty lists."""
    return {key: said for key, one in value.items() if (said := _said(one) if isinstance(one, dict) else one)}


def _check_same(ours: Side, theirs: Side) -> None:
    for name in _names():
        if ours.outcome.get(name) != theirs.outcome.get(name):
            raise Failure(f"{name} differs: {ours.outcome.get(name)} by Vireo, {theirs.outcome.get(name)} by its peer")
