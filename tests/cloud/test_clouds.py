"""A second cloud beside the first: brought up although its first `up` was killed, on addresses of its own, and gone without a trace."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from cloud import cgroups
from cloud.api import Api, condition
from cloud.settings import Settings

pytestmark = [pytest.mark.cloud, pytest.mark.proof]

COMMAND = [sys.executable, "-m", "cloud"]
SIZE = {"VIREO_REAL_NODES": "1", "VIREO_NODES": "0", "VIREO_RUN": "none"}
PATIENCE = 300.0


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Of a second cloud, which is taken down if the test did not do it."""
    environment = {**os.environ, **SIZE, "VIREO_CLOUD": str(tmp_path / "second")}
    yield environment
    subprocess.run([*COMMAND, "down"], env=environment, check=True, timeout=PATIENCE)


def test_a_second_cloud_killed_on_its_way_up_comes_up_beside_the_first_and_goes_without_a_trace(
    settings: Settings, environment: Mapping[str, str]
) -> None:
    _kill_up_when(environment, lambda second: (second.log / "node-1-kubelet.log").exists())
    subprocess.run([*COMMAND, "up"], env=environment, check=True, timeout=PATIENCE)
    second = Settings.running(environment)
    assert second.network.index != settings.network.index
    assert [_ready_nodes(one) for one in (settings, second)] == [settings.node_names, ["node-1"]]

    subprocess.run([*COMMAND, "down"], env=environment, check=True, timeout=PATIENCE)
    assert _traces(second) == []
    assert _ready_nodes(settings) == settings.node_names


def _kill_up_when(environment: Mapping[str, str], reached: Callable[[Settings], bool]) -> None:
    """Kills `up` with all that it runs itself, at that point of its way; what it started for the cloud lives on."""
    up = subprocess.Popen([*COMMAND, "up"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while not _there(environment, reached):
        assert up.poll() is None, "up ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(up.pid, signal.SIGKILL)
    up.wait()


def _there(environment: Mapping[str, str], reached: Callable[[Settings], bool]) -> bool:
    second = Settings.running(environment)
    return second.index >= 0 and reached(second)


def _ready_nodes(settings: Settings) -> list[str]:
    real = [node for node in Api(settings).items("/api/v1/nodes") if node["metadata"]["name"] in settings.node_names]
    return [node["metadata"]["name"] for node in real if condition(node, "Ready").get("status") == "True"]


def _traces(settings: Settings) -> list[str]:
    """What is left of a cloud: processes, mounts, links, routes, control groups, loop devices, its folder."""
    network, folder = settings.network, str(settings.dir)
    said = {
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "links": _run("ip", "-brief", "link"),
        "routes": _run("ip", "route", "show", "table", "all"),
        "loop devices": _run("losetup", "--list", "--noheadings", "--output", "BACK-FILE"),
        "processes": "".join(_environments()),
    }
    wanted = {
        "mounts": folder,
        "links": network.bridge,
        "routes": str(network.all),
        "loop devices": folder,
        "processes": folder,
    }
    left = [what for what, text in said.items() if wanted[what] in text]
    left += [
        str(path)
        for path in (settings.dir, *(root / network.cgroup for root in cgroups.hierarchies()))
        if path.exists()
    ]
    return left


def _environments() -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield "".join(
                part
                for part in (process / "environ").read_text(errors="replace").split("\0")
                if "VIREO_CLOUD_PROCESS" in part
            )
        except OSError:
            continue


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
