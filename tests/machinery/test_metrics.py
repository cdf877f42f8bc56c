"""The page that Prometheus reads."""

import asyncio

import pytest
from machinery.clock import now
from prometheus_client.parser import text_string_to_metric_families

from vireo.api.learning import Act, Lasted
from vireo.api.reasons import Reason
from vireo.api.resources import VIRTUAL_DISK, VIRTUAL_MACHINE, Key
from vireo.process.metrics import Metrics
from vireo.reconcile.loop import Result
from vireo.reconcile.queue import Queue


async def _nothing(_: Key) -> Result:
    return Result()


def page(metrics: Metrics, *, leads: bool = True) -> dict[str, float]:
    """The samples by name and labels."""
    text = metrics.page(Queue(_nothing, now), leads=leads).decode()
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_writes_are_counted_by_verb_and_resource() -> None:
    metrics = Metrics()
    for name in ("a", "b"):
        metrics.write("POST", Key(VIRTUAL_DISK, "shop", name))
    assert page(metrics)["vireo_writes_total['POST', 'virtualdisks.vireo.dev']"] == 2


def test_failures_are_counted_by_reason() -> None:
    metrics = Metrics()
    metrics.failure(VIRTUAL_MACHINE, Reason.REFUSED)
    assert page(metrics)["vireo_step_failures_total['Refused', 'virtualmachines.vireo.dev']"] == 1


def test_a_reconcile_that_raised_is_an_error() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="odd"), metrics.reconcile(VIRTUAL_DISK):
        raise ValueError("odd")
    with metrics.reconcile(VIRTUAL_DISK):
        pass
    found = page(metrics)
    assert found["vireo_reconcile_duration_seconds_count['error', 'virtualdisks.vireo.dev']"] == 1
    assert found["vireo_reconcile_duration_seconds_count['ok', 'virtualdisks.vireo.dev']"] == 1


def test_who_leads_says_so() -> None:
    assert page(Metrics(), leads=True)["vireo_leader[]"] == 1
    assert page(Metrics(), leads=False)["vireo_leader[]"] == 0


async def test_the_lag_of_the_loop_is_looked_at_once_a_second() -> None:
    metrics = Metrics()
    watching = asyncio.create_task(metrics.watch_the_loop())
    await asyncio.sleep(10.5)
    watching.cancel()
    assert page(metrics)["vireo_event_loop_lag_seconds_count[]"] == 10


def test_how_far_an_estimate_was_off_is_told_by_act_and_apart_from_a_defaults_error() -> None:
    metrics = Metrics()
    metrics.act(VIRTUAL_MACHINE, Act("Start", Lasted(seconds=10, estimated=12, observations=31)))
    metrics.act(VIRTUAL_MACHINE, Act("Start", Lasted(seconds=10, estimated=40, observations=0)))
    metrics.act(VIRTUAL_MACHINE, Act("Start", Lasted(seconds=0, estimated=40, observations=0)))
    found = page(metrics)
    of = ["Start", "virtualmachines.vireo.dev"]
    assert found[f"vireo_act_duration_seconds_sum{of}"] == 20
    assert found[f"vireo_estimate_error_ratio_sum{sorted([*of, 'learned'])}"] == pytest.approx(0.2)
    assert found[f"vireo_estimate_error_ratio_sum{sorted([*of, 'default'])}"] == pytest.approx(3)
