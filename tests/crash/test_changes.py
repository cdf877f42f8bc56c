"""Whatever is changed in a workload's spec, the API server takes what Vireo makes of it: some fields of its controllers can not be changed,
and some not together.
"""

from collections.abc import Iterator
from itertools import permutations
from typing import Any, Final

import msgspec
import pytest
from crash.disturbed import staged
from crash.life import Life, Line
from crash.scenario import Scenario, Stage

from vireo.api.resources import CONTAINER_WORKLOAD
from vireo.kinds import KINDS
from vireo.kube.client import MERGE_PATCH, Client

pytestmark = pytest.mark.api

OURS: Final = {"apiVersion": "vireo.dev/v1alpha1"}
UID: Final = "uid-of-api"
PORT: Final = {
    "kind": "ContainerWorkload",
    "namespace": "shop",
    "name": "api",
    "uid": UID,
    "network": "n",
    "portGroup": "g",
    "count": 9,
}
SURROUNDINGS: Final = [
    {
        **OURS,
        "kind": "VirtualDisk",
        "metadata": {"name": "d", "namespace": "shop"},
        "spec": {"size": "1Gi", "content": "FileSystem"},
        "status": {"claim": "d", "sequence": 1, "heldBy": {"kind": "ContainerWorkload", "name": "api", "uid": UID}},
    },
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    {
        **OURS,
        "kind": "VirtualSwitch",
        "metadata": {"name": "changes"},
        "spec": {"uplink": {"bridge": "br0"}, "portGroups": [{"name": "g", "namespaces": {}}]},
        "status": {"ports": [PORT]},
    },
]
CHANGES: Final[dict[str, Any]] = {
    "disks": [{"name": "data", "disk": "d", "mountPath": "/data"}],
    "networks": [{"name": "n", "switch": "changes", "portGroup": "g"}],
    "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "http", "port": 80}],
}


def orders() -> Iterator[Any]:
    """All orders; of those in which the same comes first only one is for every day."""
    seen = set()
    for order in permutations(CHANGES):
        yield pytest.param(order, marks=[pytest.mark.proof] if order[0] in seen else [], id="-".join(order))
        seen.add(order[0])


@pytest.mark.parametrize("order", list(orders()))
@pytest.mark.parametrize("workload", ["Service", "Stateful"])
async def test_what_comes_and_goes_is_taken(still: Client, workload: str, order: tuple[str, ...]) -> None:
    meta = {"name": "api", "namespace": "shop", "uid": UID}
    spec = {"workload": workload, "image": "registry.example/api:1"}
    given = {"object": {**OURS, "kind": "ContainerWorkload", "metadata": meta, "spec": spec}, "uses": SURROUNDINGS}
    async with staged(still, Scenario(KINDS, given)) as stage:
        life = Life(Line(still), stage)
        await life.settle(stage.key, stage.now)
        assert await said(still, stage) == "Starting"
        for field, value in (*((one, CHANGES[one]) for one in order), *((one, None) for one in order)):
            await change(still, stage, {field: value})
            await life.settle(stage.key, stage.now)
            assert await said(still, stage) in {"Starting", "RollingOut"}, field


async def change(client: Client, stage: Stage, spec: Any) -> None:
    path = CONTAINER_WORKLOAD.path(stage.namespace, "api")
    await client.request("PATCH", path, body={"spec": spec}, content_type=MERGE_PATCH)


async def said(client: Client, stage: Stage) -> str:
    found = msgspec.json.decode(await client.request("GET", CONTAINER_WORKLOAD.path(stage.namespace, "api")))
    (ready,) = (one for one in found["status"]["conditions"] if one["type"] == "Ready")
    reason: str = ready["reason"]
    return reason
