"""What a pod asks for is what a scheduler counts; what is no quantity, and no sensitivity, counts for nothing."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from vireo.api.objects import Meta
from vireo.formulas.balance import Amounts
from vireo.load.pods import Pod, requested, sensitivity
from vireo.load.requests import asked

MIB = 2**20


def pod(**spec: Any) -> Pod:
    return msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, type=Pod)


def container(always: bool = False, **requests: str) -> Mapping[str, Any]:
    return {"name": "c", "resources": {"requests": requests}, **({"restartPolicy": "Always"} if always else {})}


@pytest.mark.parametrize("text", ["-1", "a lot", "", "1e999999", "9" * 1000 + "E", "1e" + "9" * 30, "."])
def test_a_quantity_that_can_not_be_is_said(text: str) -> None:
    made = pod(containers=[container(cpu=text)])
    with pytest.raises(ValueError, match="of cpu, which is no quantity"):
        asked(made.spec)
    assert requested(made) == Amounts()


def test_containers_are_summed_and_the_overhead_comes_on_top() -> None:
    made = pod(
        containers=[container(cpu="500m", memory="1Mi"), container(cpu="1", gpu="7")],
        overhead={"cpu": "250m", "memory": "1Mi"},
    )
    assert requested(made) == Amounts(1.75, 2 * MIB)


def test_an_init_container_counts_where_it_asks_for_more_than_all_that_come_after_it() -> None:
    made = pod(containers=[container(cpu="1", memory="1Mi")], initContainers=[container(cpu="3"), container(cpu="2")])
    assert requested(made) == Amounts(3, MIB)


def test_a_sidecar_runs_beside_all_that_come_after_it() -> None:
    before, after = container(cpu="2"), container(cpu="2", memory="3Mi")
    sidecar = container(always=True, cpu="1", memory="1Mi")
    assert requested(pod(containers=[container()], initContainers=[before, sidecar])) == Amounts(2, MIB)
    assert requested(pod(containers=[container()], initContainers=[sidecar, after])) == Amounts(3, 4 * MIB)
    assert requested(pod(containers=[container(cpu="4")], initContainers=[sidecar, after])) == Amounts(5, 4 * MIB)


def test_the_requests_of_the_pod_itself_take_the_place_of_its_containers() -> None:
    made = pod(
        containers=[container(cpu="1", memory="1Mi")], resources={"requests": {"cpu": "3"}}, overhead={"cpu": "1"}
    )
    assert requested(made) == Amounts(4, MIB)


@pytest.mark.parametrize(
    ("said", "found"),
    [("2", 2.0), ("0.5", 0.5), ("0", 1.0), ("-3", 1.0), ("nan", 1.0), ("inf", 1.0), ("much", 1.0), ("1e9", 1.0)],
)
def test_sensitivity_is_what_the_annotation_says_unless_it_is_absurd(said: str, found: float) -> None:
    assert sensitivity(Pod(Meta("p", annotations={"vireo.dev/sensitivity": said}))) == found
    assert sensitivity(pod()) == 1.0
