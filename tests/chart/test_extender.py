"""The real scheduler with the real extender beside it, both with the rights of the chart; and with one that is gone, hangs or lies.

Nodes here are objects: no kubelet runs what is bound to them, and nothing is measured, so that requests count. What is measured is in
tests/cloud/test_metrics.py.
"""

import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest
from api.server import Server
from chart import scheduling
from chart.helm import Helm, Object
from support.ports import free_port
from support.waiting import until

from cloud.settings import CHECKOUT
from vireo.api.names import ANNOTATION_PLACEMENT, LABEL_MANAGED
from vireo.load.decision import Decision, again

pytestmark = pytest.mark.chart

Starts = Callable[[str], AbstractContextManager[Callable[[], None]]]


@contextmanager
def extender(kubeconfig: str, log: Path) -> Iterator[str]:
    """In a `with`, it runs; its address."""
    port, health = free_port(), free_port()
    command = [sys.executable, "-m", "vireo.process.main", "extender", f"--kubeconfig={kubeconfig}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, f"--port={port}", f"--health-port={health}"],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT / "operator")}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until(lambda: _ready(f"http://127.0.0.1:{health}/readyz"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0, log.read_text()[-4000:]


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def nodes(installed: Server, shop: str) -> Iterator[list[str]]:
    """Three, of the same size."""
    names = [f"{name}-{shop}" for name in ("a", "b", "c")]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(scheduling.node(installed, name, cpu="8", memory="16Gi", pods="50"))
        yield names


@pytest.fixture
def starts(helm: Helm, kubeconfig: str, tmp_path: Path) -> Starts:
    """In a `with`, the scheduler runs and asks the extender at that address."""

    def started(url: str) -> AbstractContextManager[Callable[[], None]]:
        folder = tmp_path / url.rpartition(":")[2]
        folder.mkdir()
        return scheduling.running(scheduling.command(helm, kubeconfig, folder, url), folder / "log")

    return started


def ours(name: str, **requests: str) -> Object:
    """A pod as Vireo makes them."""
    made = scheduling.pod(name, **requests)
    made["metadata"]["labels"] = {LABEL_MANAGED: "containerworkload"}
    return made


def test_pods_that_come_together_are_spread_and_say_why(
    starts: Starts, installed: Server, kubeconfig: str, shop: str, nodes: list[str], tmp_path: Path
) -> None:
    path = f"/api/v1/namespaces/{shop}/pods"
    made = [ours(f"p{number}", cpu="500m", memory="512Mi") for number in range(12)]
    with (
        extender(kubeconfig, tmp_path / "extender.log") as url,
        starts(url),
        scheduling.pods(installed, shop, *made),
    ):
        until(lambda: all(scheduling.placed(installed, f"{path}/p{number}") for number in range(12)))
        went = Counter(scheduling.placed(installed, f"{path}/p{number}") for number in range(12))
        assert went == dict.fromkeys(nodes, 4)
        until(lambda: all(_record(installed, f"{path}/p{number}") for number in range(12)))
        for number in range(12):
            found = msgspec.json.decode(_record(installed, f"{path}/p{number}"), type=Decision)
            assert found.node == scheduling.placed(installed, f"{path}/p{number}")
            assert again(found)
            assert found.grounds[:2] == ("Requested", "Requested")
    assert "forbidden" not in (tmp_path / "extender.log").read_text().lower()


def _record(server: Server, path: str) -> str:
    found: str = server.must("GET", path).body["metadata"].get("annotations", {}).get(ANNOTATION_PLACEMENT, "")
    return found


def test_of_two_schedulers_one_places_and_after_it_is_killed_the_other_knows_what_is_where(
    starts: Starts, installed: Server, kubeconfig: str, shop: str, nodes: list[str], tmp_path: Path
) -> None:
    """Each with an extender of its own. What a third placed counts too."""
    path, size = f"/api/v1/namespaces/{shop}/pods", {"cpu": "500m", "memory": "512Mi"}
    theirs, before, after = ([ours(f"{who}{number}", **size) for number in range(many)]
                             for who, many in (("theirs", 4), ("before", 4), ("after", 8)))  # fmt: skip
    for one in theirs:
        one["spec"]["nodeName"] = nodes[0]

    def went(made: list[Object]) -> Counter[str]:
        paths = [f"{path}/{one['metadata']['name']}" for one in made]
        until(lambda: all(scheduling.placed(installed, one) for one in paths))
        return Counter(scheduling.placed(installed, one) for one in paths)

    with (
        scheduling.pods(installed, shop, *theirs),
        extender(kubeconfig, tmp_path / "first") as first,
        extender(kubeconfig, tmp_path / "second") as second,
        starts(first) as kill_the_first,
        scheduling.pods(installed, shop, *before),
    ):
        assert went(before) == dict.fromkeys(nodes[1:], 2)
        with starts(second):
            kill_the_first()
            with scheduling.pods(installed, shop, *after):
                assert sorted(went([*theirs, *before, *after]).values()) == [5, 5, 6]


LIES = {
    "rubbish": b"<html>502</html>",
    "no list": b'{"Error": "no"}',
    "too much": b'[{"Host": "HOST", "Score": 9000000000}, {"Host": "no-such", "Score": 10}]',
    "below nothing": b'[{"Host": "HOST", "Score": -50}]',
    "nobody": b"[]",
}


@pytest.mark.parametrize("lie", LIES)
def test_whatever_an_extender_says_pods_are_placed_where_they_fit(
    starts: Starts, installed: Server, shop: str, nodes: list[str], lie: str
) -> None:
    """Each node has room for one."""
    path, body = f"/api/v1/namespaces/{shop}/pods", LIES[lie].replace(b"HOST", nodes[0].encode())
    with (
        scheduling.answering(scheduling.Extender(nodes[0], says=body)) as liar,
        starts(liar.url),
        scheduling.pods(installed, shop, *(scheduling.pod(f"p{number}", cpu="7") for number in range(3))),
    ):
        until(lambda: all(scheduling.placed(installed, f"{path}/p{number}") for number in range(3)))
        assert {scheduling.placed(installed, f"{path}/p{number}") for number in range(3)} == set(nodes)
    assert liar.asked
