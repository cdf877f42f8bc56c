"""What simulated nodes are measured to use: what was set, counted without a gap, and told as a kubelet tells it."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from cloud.simulated.labels import CPU, MEMORY
from cloud.simulated.load import Load
from cloud.simulated.player.durations import Durations
from cloud.simulated.player.pods import Pod, Pods
from cloud.simulated.player.resource_metrics import page
from cloud.simulated.player.usage import (
    AT_START,
    IDLE_CONTAINER,
    IDLE_POD,
    IDLE_SYSTEM,
    Container,
    Figures,
    Meter,
    NodeMeter,
    Use,
    of_machine,
    of_pod,
)

NOW = 1_800_000_000.0
STARTED = "2026-11-29T12:00:00Z"
VMI = {"spec": {"domain": {"cpu": {"sockets": 2, "cores": 2, "threads": 1}, "memory": {"guest": "1Gi"}}}}
NOTHING: Mapping[str, str] = MappingProxyType({})
LOADS = st.lists(st.tuples(st.floats(0.001, 64), st.floats(0, 600)), min_size=1, max_size=8)
"""Cores, and how long after the one before each was set."""


def machine(load: Load | None, *, paused: bool = False) -> Use:
    return of_machine(VMI, load, Durations(), paused=paused)


def pod(*running: str, node: str = "sim-0", part: str = "none", annotations: Mapping[str, str] = NOTHING) -> Pod:
    """As the API server tells it, with more than the player reads."""
    metadata: dict[str, Any] = {"name": "a", "namespace": "ns", "uid": "1", "creationTimestamp": STARTED}
    metadata |= {"labels": {"app": "x", "kubevirt.io": part}, "annotations": {"other": "y", **annotations}}
    states = [{"name": name, "state": {"running": {"startedAt": STARTED}}} for name in running]
    ended = {"name": "ended", "state": {"terminated": {"exitCode": 0}}}
    status = {"phase": "Running", "containerStatuses": [*states, ended]}
    return msgspec.json.decode(
        json.dumps({"metadata": metadata, "spec": {"nodeName": node}, "status": status}), type=Pod
    )


def container(name: str = "compute", started: float = NOW) -> Container:
    return Container("ns", "a", "1", name, started)


def test_a_machine_uses_what_was_set() -> None:
    assert machine(Load(1.5, 2**29, since=NOW)) == Use(1.5, 2**29, NOW)


def test_a_machine_for_which_nothing_was_set_is_idle() -> None:
    assert machine(None) == Use(4 * 0.02, int(0.4 * 2**30))


def test_a_paused_machine_keeps_its_memory_and_its_processors_stand_still() -> None:
    assert machine(Load(1.5, 2**29), paused=True) == Use(IDLE_CONTAINER.cpu, 2**29)


def test_the_machine_is_in_one_container_of_its_launcher() -> None:
    launcher = pod("compute", "guest-console-log", part="virt-launcher")
    assert of_pod(launcher, Use(1.5, 2**29)) == {"compute": Use(1.5, 2**29), "guest-console-log": IDLE_CONTAINER}


def test_a_launcher_without_its_machine_is_idle() -> None:
    assert of_pod(pod("compute", part="virt-launcher"), None) == {"compute": IDLE_CONTAINER}


def test_another_pod_uses_what_its_annotations_say_in_equal_parts() -> None:
    asked = pod("one", "two", annotations={CPU: "500m", MEMORY: "64Mi"})
    assert of_pod(asked, None) == dict.fromkeys(("one", "two"), Use(0.25, 2**25))


@pytest.mark.parametrize("annotations", [{}, {CPU: "much", MEMORY: "-1"}], ids=["none", "none that can be meant"])
def test_another_pod_is_idle_otherwise(annotations: Mapping[str, str]) -> None:
    assert of_pod(pod("one", annotations=annotations), None) == {"one": Use(IDLE_POD.cpu, IDLE_POD.memory)}


def test_pods_are_found_by_their_node_as_they_come_and_go() -> None:
    pods, waiting, placed = Pods(), pod(node=""), pod("one")
    pods.see("ns/a", waiting)
    assert [list(pods.on(node)) for node in ("", "sim-0")] == [[waiting], []]
    pods.see("ns/a", placed)
    assert [list(pods.on(node)) for node in ("", "sim-0")] == [[], [placed]]
    for _ in range(2):
        pods.see("ns/a", None)
        assert list(pods.on("sim-0")) == []


@given(LOADS)
def test_the_count_is_the_sum_of_each_load_over_its_time(loads: Sequence[tuple[float, float]]) -> None:
    meter, now, expected = Meter(NOW), NOW, AT_START
    assert meter.read(Use(loads[0][0], 1), now) == expected
    for (before, _), (cpu, after) in pairwise(loads):
        expected += before * after + cpu * 10
        found = meter.read(Use(cpu, 1, since=now + after), now + after + 10)
        # A clock of so many seconds knows a fraction of a microsecond.
        assert found == pytest.approx(expected, abs=1e-3)
        now += after + 10


@given(LOADS, st.floats(-100, 100))
def test_the_count_never_falls_whatever_the_clock_does(loads: Sequence[tuple[float, float]], jump: float) -> None:
    meter, last = Meter(NOW), 0.0
    for cpu, after in loads:
        total = meter.read(Use(cpu, 1), NOW + after + jump)
        assert total >= last
        last = total


def test_reading_more_often_changes_nothing() -> None:
    seldom, often, use = Meter(NOW), Meter(NOW), Use(1.5, 1)
    for second in range(1, 11):
        counted = often.read(use, NOW + second)
    assert seldom.read(use, NOW + 10) == pytest.approx(counted) == pytest.approx(AT_START + 15)


def test_a_node_counts_what_runs_there_and_what_has_ended() -> None:
    meter = NodeMeter(NOW)
    uses = {container("a"): Use(2.0, 2**30), container("b"): Use(1.0, 2**29)}
    node, each = meter.read(uses, NOW + 10)
    assert [found.cpu_seconds for found in each.values()] == pytest.approx([AT_START + 20, AT_START + 10])
    assert node.cpu_seconds == pytest.approx(AT_START + 30 + 10 * IDLE_SYSTEM.cpu)
    assert node.memory == 2**30 + 2**29 + IDLE_SYSTEM.memory
    later, each = meter.read({container("b"): Use(1.0, 2**29)}, NOW + 20)
    assert list(each) == [container("b")]
    assert later.cpu_seconds == pytest.approx(node.cpu_seconds + 10 + 10 * IDLE_SYSTEM.cpu)


def test_one_of_the_same_name_that_started_anew_is_counted_anew() -> None:
    meter, use = NodeMeter(NOW), Use(1.0, 1)
    meter.read({container(): use}, NOW + 10)
    _, each = meter.read({container(started=NOW + 15): use}, NOW + 20)
    assert [found.cpu_seconds for found in each.values()] == [pytest.approx(AT_START + 5)]


def test_the_page_says_it_all_with_its_time() -> None:
    found = page(Figures(57.25, 2**31), {container("a"): Figures(1.5, 2**29), container("b"): Figures(0.5, 2**20)}, NOW)
    samples = {
        (sample.name, tuple(sample.labels.values())): (sample.value, sample.timestamp)
        for family in text_string_to_metric_families(found)
        for sample in family.samples
    }
    assert samples == {
        ("container_cpu_usage_seconds_total", ("a", "ns", "a")): (1.5, NOW),
        ("container_cpu_usage_seconds_total", ("b", "ns", "a")): (0.5, NOW),
        ("container_memory_working_set_bytes", ("a", "ns", "a")): (2**29, NOW),
        ("container_memory_working_set_bytes", ("b", "ns", "a")): (2**20, NOW),
        ("container_start_time_seconds", ("a", "ns", "a")): (NOW, None),
        ("container_start_time_seconds", ("b", "ns", "a")): (NOW, None),
        ("node_cpu_usage_seconds_total", ()): (57.25, NOW),
        ("node_memory_working_set_bytes", ()): (2**31, NOW),
        ("pod_cpu_usage_seconds_total", ("ns", "a")): (2.0, NOW),
        ("pod_memory_working_set_bytes", ("ns", "a")): (2**29 + 2**20, NOW),
        ("resource_scrape_error", ()): (0.0, None),
    }


def test_the_page_of_a_node_without_pods_has_no_empty_families() -> None:
    names = {family.name for family in text_string_to_metric_families(page(Figures(1.0, 1), {}, NOW))}
    assert names == {"node_cpu_usage_seconds", "node_memory_working_set_bytes", "resource_scrape_error"}
