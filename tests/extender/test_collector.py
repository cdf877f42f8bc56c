"""What sources say, and what becomes of those that say nothing, or rubbish."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from load.test_world import Told, instance, pod

from vireo.api.measures import Sample
from vireo.extender.collector import Collector
from vireo.kube.client import ApiError
from vireo.kube.measures import MetricsApi, Places, Prometheus, Source

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = "2026-01-01T11:59:50Z"


class Says:
    """A source that says this, or fails so."""

    def __init__(self, name: str, *said: Sample | ApiError) -> None:
        self.name, self._said = name, said

    async def samples(self, _places: Places, _now: datetime) -> AsyncIterator[Sample]:
        for one in self._said:
            if isinstance(one, ApiError):
                raise one
            yield one


async def samples(source: Source) -> list[Sample]:
    """All that it says."""
    return [one async for one in source.samples(told().world, NOON)]


def told() -> Told:
    found = Told()
    found.world.put(pod("p", "a", cpu="1"))
    return found


async def test_of_two_the_first_is_believed() -> None:
    found = told()
    sources = Says("better", Sample("a", "shop/p", "cpu", 2.0, 0)), Says("other", Sample("a", "shop/p", "cpu", 3.0, 0))
    await Collector(sources, found.world, found.table, lambda: NOON).collect()
    assert found.table.shown()["a"].demand.cpu == 2.0
    assert not found.table.doubts


async def test_one_that_gives_no_answer_is_named_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    found = told()
    silent = Says("silent", ApiError("GET", "/x", 503, "Unavailable", "no endpoints"))
    collector = Collector(
        (silent, Says("other", Sample("a", "shop/p", "cpu", 3.0, 0))), found.world, found.table, lambda: NOON
    )
    await collector.collect()
    await collector.collect()
    assert found.table.shown()["a"].demand.cpu == 3.0
    assert "no endpoints" in collector.silent["silent"]
    assert len([one for one in caplog.records if "silent measures nothing" in one.message]) == 1


async def test_when_all_fall_silent_requests_take_their_place() -> None:
    found, at = told(), [NOON]
    source = Says("only", Sample("a", "shop/p", "cpu", 3.0, 0))
    await Collector((source,), found.world, found.table, lambda: at[0]).collect()
    assert found.table.shown()["a"].demand.cpu == 3.0
    at[0] += timedelta(minutes=4)
    await Collector(
        (Says("only", ApiError("GET", "/x", 0, "NoAnswer", "")),), found.world, found.table, lambda: at[0]
    ).collect()
    assert found.table.shown()["a"].demand.cpu == 1.0


class Api:
    """A client whose API server answers so."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    async def request(self, _verb: str, path: str) -> bytes:
        answer = self._answers[path.rpartition("/")[2]]
        if isinstance(answer, ApiError):
            raise answer
        return answer if isinstance(answer, bytes) else json.dumps({"items": answer}).encode()


def measured(name: str, namespace: str = "", **said: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "timestamp": STAMP, "window": "15s", **said}


async def test_metrics_server_measures_nodes_and_the_containers_of_pods() -> None:
    containers = [
        {"name": "x", "usage": {"cpu": "1500m", "memory": "1Gi"}},
        {"name": "y", "usage": {"cpu": "250000000n", "memory": "0"}},
    ]
    api: Any = Api(
        nodes=[measured("a", usage={"cpu": "2", "memory": "2Gi"})], pods=[measured("p", "shop", containers=containers)]
    )
    found = await samples(MetricsApi(api))
    assert sorted(found) == [
        Sample("a", "", "cpu", 2.0, 10.0),
        Sample("a", "", "memory", 2.0**31, 10.0),
        Sample("a", "shop/p", "cpu", 1.75, 10.0),
        Sample("a", "shop/p", "memory", 2.0**30, 10.0),
    ]


async def test_a_container_that_has_just_started_anew_leaves_the_pod_unknown() -> None:
    started = measured("p", "shop", containers=[{"usage": {"cpu": "1"}}, {"usage": {}}])
    api: Any = Api(nodes=[], pods=[started, measured("p", "shop", containers=[])])
    assert await samples(MetricsApi(api)) == []


@pytest.mark.parametrize("usage", ["-1", "NaN", "much", ""])
async def test_rubbish_of_metrics_server_is_dropped_and_counted(usage: str) -> None:
    found = told()
    odd, gone = (
        measured(name, "shop", containers=[{"usage": {"cpu": one}}]) for name, one in (("p", usage), ("gone", "1"))
    )
    api: Any = Api(nodes=[], pods=[odd, gone])
    await Collector((MetricsApi(api),), found.world, found.table, lambda: NOON).collect()
    assert found.table.shown()["a"].demand.cpu == 1.0
    assert found.table.doubts.total() == 2, "of this pod, and of the one that is gone"


@pytest.mark.parametrize("answer", [b"<html>", b'{"items": 7}', ApiError("GET", "/x", 404, "NotFound", "")])
async def test_no_metrics_are_no_samples(answer: Any) -> None:
    api: Any = Api(nodes=answer, pods=[])
    with pytest.raises(ApiError):
        await samples(MetricsApi(api))


async def test_prometheus_measures_guests_and_the_throttling_of_pods() -> None:
    found = told()
    found.world.put(instance("m"))
    found.world.put(pod("virt-launcher-m", "a", of="m"))
    at = NOON.timestamp() - 5

    def series(value: str, **labels: str) -> dict[str, Any]:
        return {"metric": labels, "value": [at, value]}

    async def query(request: web.Request) -> web.Response:
        text = request.query["query"]
        machine = {"namespace": "shop", "name": "m", "node": "a"}
        said = {
            "memory_usable": [series("1000", **machine), series("7", namespace="shop", name="m", node="before")],
            "storage": [series("NaN", **machine)],
            "cfs": [series("0.75", namespace="shop", pod="p"), series("0.5", namespace="other", pod="q")],
        }
        answers = [one for word, some in said.items() if word in text for one in some]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": answers}})

    application = web.Application()
    application.add_routes([web.get("/api/v1/query", query)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        said = [one async for one in Prometheus(f"http://127.0.0.1:{port}/").samples(found.world, NOON)]
    finally:
        await runner.cleanup()
    assert [one[:4] for one in said if one.value == one.value] == [
        ("a", "shop/virt-launcher-m", "memory", 1000.0),
        ("a", "shop/p", "efficiency", 0.75),
    ]
    assert {one.age for one in said} == {5.0}
    with pytest.raises(ApiError, match="NoAnswer"):
        await samples(Prometheus(f"http://127.0.0.1:{port}"))
