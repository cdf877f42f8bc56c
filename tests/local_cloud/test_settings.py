"""What a cloud is asked to be, and that no two clouds share an address or a name."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.settings import CLOUDS, Network, Settings
from cloud.steps import Failure

INDEXES = st.integers(0, CLOUDS - 1)
NODES = range(1, 41)  # as many as VIREO_REAL_NODES may ask for


def addresses(network: Network) -> list[IPv4Network]:
    """Everything that the cloud of this index listens on or gives out."""
    return [IPv4Network(f"{network.loopback}/16", strict=False), network.all]


def names(network: Network) -> set[str]:
    """The links and control groups of that cloud on the host."""
    return {network.bridge, network.cgroup, *(network.link(number) for number in NODES)}


@given(INDEXES, INDEXES)
def test_two_clouds_share_no_address(one: int, other: int) -> None:
    pairs = [(a, b) for a in addresses(Network(one)) for b in addresses(Network(other))]
    assert any(a.overlaps(b) for a, b in pairs) == (one == other)


@given(INDEXES, INDEXES)
def test_two_clouds_share_no_name_on_the_host(one: int, other: int) -> None:
    assert bool(names(Network(one)) & names(Network(other))) == (one == other)


@given(INDEXES)
@settings(max_examples=20)
def test_within_a_cloud_nothing_overlaps(index: int) -> None:
    network = Network(index)
    nodes = IPv4Network((int(network.all[0]), 24))
    parts = [nodes, *(network.pods(number) for number in NODES), network.simulated, network.services]
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))
    assert all(part.subnet_of(network.all) for part in parts)
    assert all(address in nodes for address in (network.host, *(network.node(number) for number in NODES)))
    assert len({network.host, *(network.node(number) for number in NODES)}) == len(NODES) + 1


@given(INDEXES)
def test_every_name_of_a_link_fits_the_kernel(index: int) -> None:
    assert all(len(name) <= 15 for name in names(Network(index)))


def test_loopback_addresses_are_loopback() -> None:
    assert all(Network(index).loopback.is_loopback for index in range(CLOUDS))
    assert IPv4Address("127.0.0.1") not in {Network(index).loopback for index in range(CLOUDS)}


def test_without_a_word_it_is_two_real_and_five_simulated_nodes_and_the_chart(tmp_path: Path) -> None:
    found = Settings.from_environment({"HOME": str(tmp_path)})
    assert (found.real_nodes, found.simulated_nodes, found.run, found.index) == (2, 5, "chart", -1)
    assert found.dir.is_relative_to(tmp_path)


def test_the_environment_decides(tmp_path: Path) -> None:
    asked = {"VIREO_CLOUD": str(tmp_path), "VIREO_REAL_NODES": "0", "VIREO_NODES": "300", "VIREO_RUN": "process"}
    found = Settings.from_environment(asked)
    assert (found.dir, found.real_nodes, found.simulated_nodes, found.run) == (tmp_path, 0, 300, "process")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIREO_REAL_NODES", "two"),
        ("VIREO_REAL_NODES", "-1"),
        ("VIREO_REAL_NODES", "41"),
        ("VIREO_RUN", "docker"),
        ("VIREO_PROMETHEUS", "yes"),
    ],
)
def test_a_value_that_can_not_be_meant_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(Failure, match=f"{name} is '{value}'") as refused:
        Settings.from_environment({"VIREO_CLOUD": str(tmp_path), name: value})
    assert refused.value.advice


def test_a_cloud_in_force_is_as_it_was_made_whatever_is_asked_now(tmp_path: Path) -> None:
    Settings(tmp_path, real_nodes=1, simulated_nodes=7, run="none", prometheus=True).remember()
    now = Settings.running({"VIREO_CLOUD": str(tmp_path), "VIREO_NODES": "2"})
    assert (now.real_nodes, now.simulated_nodes, now.run, now.prometheus) == (1, 7, "none", True)


def test_there_is_a_prometheus_where_it_is_asked_for_and_has_a_real_node_to_scrape(tmp_path: Path) -> None:
    def url(asked: str, nodes: str) -> str:
        found = Settings.from_environment({"HOME": str(tmp_path), "VIREO_PROMETHEUS": asked, "VIREO_REAL_NODES": nodes})
        return replace(found, index=3).prometheus_url

    assert url("1", "2") == f"http://{Network(3).host}:9090"
    assert url("", "2") == url("0", "2") == url("1", "0") == ""


def test_without_a_cloud_there_are_no_addresses(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no cloud"):
        _ = Settings(tmp_path).network
