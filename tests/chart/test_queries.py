"""What Prometheus' own engine makes of the extender's queries, from series as KubeVirt and the kubelets have them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from cloud.build import binary
from vireo.kube.measures import QUERIES

pytestmark = pytest.mark.chart

OF = 'namespace="shop",name="m",node="a"'
VCPU = f'{OF},id="0"'
CFS = 'namespace="shop",pod="p",container="c"'
SIDE_CAR = 'namespace="shop",pod="virt-launcher-m-x",container="guest-console-log"'
GUEST, POD = f"{{{OF}}}", '{namespace="shop", pod="p"}'
MEMORY, DISK, NETWORK, VCPUS, THROTTLED = (query.text for query in QUERIES)


def vcpu(**states: str) -> dict[str, str]:
    """The time of a vCPU in each state's series."""
    return {f'kubevirt_vmi_vcpu_seconds_total{{{VCPU},state="{state}"}}': values for state, values in states.items()}


def delay(a_round: float) -> dict[str, str]:
    return {f"kubevirt_vmi_vcpu_delay_seconds_total{{{VCPU}}}": f"0+{a_round}x20"}


TAKING_TURNS = {
    "running": "0 _ 6 _ 12 _ 18 _ 24 _ 30 _ 36 _ 42 _ 48 _ 54 _ 60",
    "blocked": "_ 3 _ 9 _ 15 _ 21 _ 27 _ 33 _ 39 _ 45 _ 51 _ 57 _",
}
"""A vCPU that runs 3 s of each 15 and is seen at it every second time."""
ENDED = {state: values.replace("_", "stale") for state, values in TAKING_TURNS.items()}
"""The same where the scrape in which a series is missing ends it, as Prometheus has it."""


@pytest.mark.parametrize(
    ("query", "series", "labels", "value"),
    [
        pytest.param(
            MEMORY,
            {
                f"kubevirt_vmi_memory_available_bytes{GUEST}": "200x20",
                f"kubevirt_vmi_memory_usable_bytes{GUEST}": "150x20",
            },
            GUEST,
            50.0,
            id="memory",
        ),
        pytest.param(
            DISK,
            {
                f'kubevirt_vmi_storage_{way}_traffic_bytes_total{{{OF},drive="{drive}"}}': "0+150x20"
                for way in ("read", "write")
                for drive in ("a", "b")
            },
            GUEST,
            40.0,
            id="disk",
        ),
        pytest.param(
            NETWORK,
            {
                f'kubevirt_vmi_network_{way}_bytes_total{{{OF},interface="default"}}': "0+150x20"
                for way in ("receive", "transmit")
            },
            GUEST,
            20.0,
            id="network",
        ),
        pytest.param(VCPUS, {**vcpu(running="0+9x20"), **delay(3)}, GUEST, 0.75, id="computes"),
        pytest.param(VCPUS, {**vcpu(**TAKING_TURNS), **delay(1)}, GUEST, 0.75, id="sleeps now and then"),
        pytest.param(VCPUS, {**vcpu(**ENDED), **delay(1)}, GUEST, 0.75, id="sleeps, and each scrape says so"),
        pytest.param(VCPUS, {**vcpu(blocked="7x20"), **delay(0)}, "", None, id="wants nothing"),
        pytest.param(
            THROTTLED,
            {
                f"container_cpu_cfs_throttled_periods_total{{{CFS}}}": "0+30x20",
                f"container_cpu_cfs_periods_total{{{CFS}}}": "0+120x20",
            },
            POD,
            0.75,
            id="throttled",
        ),
        pytest.param(
            THROTTLED,
            {f"container_cpu_cfs_{of}_total{{{SIDE_CAR}}}": "0+9x20" for of in ("throttled_periods", "periods")},
            "",
            None,
            id="not of a machine's pod",
        ),
    ],
)
def test_a_query_comes_to(
    query: str, series: Mapping[str, str], labels: str, value: float | None, tmp_path: Path
) -> None:
    given = [{"series": name, "values": values} for name, values in series.items()]
    samples = [] if value is None else [{"labels": labels, "value": value}]
    asked = {"expr": query, "eval_time": "5m", "exp_samples": samples}
    test = {"interval": "15s", "input_series": given, "promql_expr_test": [asked]}
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"fuzzy_compare": True, "tests": [test]}))
    done = subprocess.run(
        [str(binary("promtool")), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
