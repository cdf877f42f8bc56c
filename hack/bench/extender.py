"""Questions a second that Vireo's extender answers, and one in Go (peer-extender/) that scores by the same formulas on the same table.

Each in turn on a core of its own, and wrk on another. Before anything is measured, both must give the same scores to every question.
It needs no cloud.
"""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.figure import median, show, spread
from bench.played import recorded
from bench.usage import cpu_seconds
from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.golang import GoBinaries
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Steps

HERE: Final = Path(__file__).parent
OURS: Final = "vireo"
PEER: Final = "net/http"
ASKED: Final[Mapping[int, tuple[int, ...]]] = {1000: (420, 1000), 5000: (500, 5000)}
"""By the nodes of a cluster, about how many of them a scheduler asks: it samples 420 of 1,000 and 500 of 5,000, unless told to take all."""
AT_ONCE: Final = (1, 8)
ROUNDS: Final = int(os.environ.get("VIREO_BENCH_ROUNDS") or 15)
SECONDS: Final = 1
VARIETY: Final = 8
"""How many questions of a size there are, each about other nodes: no answer can be kept."""
GIB: Final = 2**30

Found = Mapping[str, float]


@dataclass(frozen=True)
class Server:
    """One that answers: its name, where, and the process."""

    name: str
    port: int
    pid: int = 0

    def ask(self, body: bytes) -> list[Mapping[str, Any]]:
        """The answer to one question, as it is on the wire."""
        url = f"http://127.0.0.1:{self.port}/prioritize"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answered:
            return list(json.load(answered))


def main(settings: Settings) -> None:  # noqa: ARG001 - there is no cloud
    """Prints, for each number of names and of connections, requests a second, what one took in the middle and at the 99th hundredth, and
    what it took of the processor."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Failure("extender needs two cores: one for the server, one for who asks")
    if not shutil.which("wrk"):
        raise Failure("there is no wrk", advice="apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        for nodes, asked in ASKED.items():
            _measure_cluster(Path(folder), nodes, asked, cores)


def _measure_cluster(folder: Path, nodes: int, asked: Sequence[int], cores: Sequence[int]) -> None:
    table = _table(nodes)
    file = folder / f"{nodes}.json"
    file.write_text(json.dumps(table))
    with ExitStack() as running:
        servers = [running.enter_context(_server(name, file, cores[1])) for name in (OURS, PEER)]
        for names in asked:
            questions = _questions(folder, table["Names"], names)
            _check_same(servers, questions)
            for at_once in AT_ONCE:
                _measure(servers, questions, at_once, cores[0], {"nodes": nodes, "names": names})


def _table(nodes: int) -> dict[str, list[Any]]:
    """Nodes of two sizes that are between idle and full; R / T of what runs there is R. Disk and network are not known."""
    chance = random.Random(nodes)
    names = [f"node-{number:05d}.rack-{number % 40:02d}.example.com" for number in range(nodes)]
    capacity = [[cores, cores * 4 * GIB, 0, 0] for cores in (chance.choice((32, 64)) for _ in names)]
    demand = [[chance.uniform(0, 0.95) * whole for whole in one] for one in capacity]
    return {"Names": names, "Capacity": capacity, "Felt": demand, "Demand": demand}


def _questions(folder: Path, all_: Sequence[str], names: int) -> list[Path]:
    chance, pod = random.Random(names), _pod()
    files = [folder / f"{names}-{number}.json" for number in range(VARIETY)]
    for file in files:
        asked = {"Pod": pod, "Nodes": None, "NodeNames": chance.sample(all_, names)}
        file.write_text(json.dumps(asked, separators=(",", ":")))
    return files


def _pod() -> Mapping[str, Any]:
    """A launcher pod as KubeVirt made it and the API server completed it, before it has a node."""
    pod = recorded("shop", "accounts-1")[1]
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "name": "accounts-1", "controller": True}
    made = {"uid": "b2f5ff47-4366-4fab-8a2f-07c8a1b8a3f1", "creationTimestamp": "2026-11-28T17:46:20Z"}
    head = {**pod["metadata"], **made, "namespace": "shop", "ownerReferences": [{**owner, "uid": made["uid"]}]}
    return {"metadata": head, "spec": pod["spec"], "status": {"phase": "Pending", "qosClass": "Burstable"}}


@contextmanager
def _server(name: str, table: Path, core: int) -> Iterator[Server]:
    """It runs on that core until it is not needed any more."""
    port = _free_port()
    process = subprocess.Popen(["taskset", "-c", str(core), *_command(name, port, table)], stderr=subprocess.DEVNULL)
    server = Server(name, port, process.pid)
    try:
        question = json.dumps({"Pod": _pod(), "NodeNames": []}).encode()
        with Steps(out=sys.stderr).step(f"{name} on {table.stem} nodes") as step:
            step.wait("an answer", partial(_check_answers, server, question), seconds=60)
        yield server
    finally:
        process.kill()
        process.wait()


def _command(name: str, port: int, table: Path) -> list[str]:
    if name == OURS:
        return [sys.executable, "-m", "bench.ranker", str(table), str(port)]
    binary = "bench-peer-extender"
    target = GoBinaries(binary, HERE / "peer-extender", {binary: f"vireo.dev/{binary}"})
    folder = Builder({binary: target}, Cache.of_user()).artefact(binary, Steps(out=sys.stderr))
    return [str(folder / binary), f"-table={table}", f"-address=127.0.0.1:{port}"]


def _check_answers(server: Server, question: bytes) -> None:
    try:
        server.ask(question)
    except OSError as error:
        raise NotYet(str(error)) from None


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _check_same(servers: Sequence[Server], questions: Sequence[Path]) -> None:
    for question in questions:
        ours, theirs = (server.ask(question.read_bytes()) for server in servers)
        if ours != theirs:
            different = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
            raise Failure(f"{len(different)} of {len(ours)} scores differ, such as {different[0]}")


def _measure(
    servers: Sequence[Server], questions: Sequence[Path], at_once: int, core: int, sizes: Mapping[str, int]
) -> None:
    """The sides take turns, and begin in turns, so that what else the machine does favours neither."""
    rounds: dict[str, list[Found]] = {server.name: [] for server in servers}
    for number in range(ROUNDS):
        for server in servers if number % 2 else reversed(servers):
            rounds[server.name].append(_round(server, questions, at_once, core))
    at = {**sizes, "bytes": questions[0].stat().st_size, "connections": at_once, "rounds": ROUNDS}
    for what, unit in (("a_second", "requests/s"), ("middle", "ms"), ("p99", "ms"), ("processor", "ms")):
        ours, theirs = ([one[what] for one in rounds[name]] for name in (OURS, PEER))
        seen = {**at, **spread(ours), "peer_spread": spread(theirs)}
        show(f"extender: {what.replace('_', ' ')}", median(ours), unit, seen, (PEER, median(theirs)))


def _round(server: Server, questions: Sequence[Path], at_once: int, core: int) -> Found:
    flags = ["-t1", f"-c{at_once}", f"-d{SECONDS}s", f"-s{HERE / 'extender.lua'}"]
    files = [str(question) for question in questions]
    command = ["taskset", "-c", str(core), "wrk", *flags, f"http://127.0.0.1:{server.port}", "--", *files]
    before = cpu_seconds(server.pid)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    used = cpu_seconds(server.pid) - before
    found = next((line for line in done.stdout.splitlines() if line.startswith("found: ")), None)
    if done.returncode or not found:
        raise Failure(f"wrk: {done.stderr or done.stdout}")
    measured: dict[str, float] = json.loads(found.removeprefix("found: "))
    if measured["failed"]:
        raise Failure(f"{measured['failed']} questions to {server.name} were not answered")
    return {**measured, "processor": used * 1000 / (measured["a_second"] * SECONDS)}
