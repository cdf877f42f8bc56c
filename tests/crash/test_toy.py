"""A new kind is covered by being listed: shown with the toy kind; and a mistake in one is found."""

from dataclasses import replace
from typing import Any

import pytest
from crash.disturbed import assert_same_end
from crash.scenario import Scenario
from reconcile.toy import CONFIG_MAP, KIND, TOY

from vireo.api.kind import Kind
from vireo.api.names import FINALIZER
from vireo.api.objects import Child
from vireo.api.reconcile import Desired, Observed
from vireo.kube.client import Client

pytestmark = pytest.mark.api


def scenario(kind: Kind[Any, Any], children: tuple[dict[str, Any], ...] = (), **metadata: Any) -> Scenario:
    toy = {
        "apiVersion": TOY.api_version,
        "kind": TOY.kind,
        "metadata": {"name": "a", "namespace": "shop", "uid": "u", **metadata},
        "spec": {"text": "hello", "orderly": True},
    }
    return Scenario((kind,), {"object": toy, "children": children})


def config_map(name: str) -> dict[str, Any]:
    owner = {"apiVersion": TOY.api_version, "kind": TOY.kind, "name": "a", "uid": "u", "controller": True}
    metadata = {"name": name, "namespace": "shop", "labels": {"vireo.dev/managed": "toy"}, "ownerReferences": [owner]}
    return {"apiVersion": CONFIG_MAP.api_version, "kind": CONFIG_MAP.kind, "metadata": metadata, "data": {}}


async def test_a_toy_is_made_the_same_wherever_the_operator_is_killed(still: Client) -> None:
    assert await assert_same_end(still, scenario(KIND)) == 3, "finalizer, child and status"


async def test_a_toy_ends_the_same_wherever_the_operator_is_killed(still: Client) -> None:
    ending = scenario(KIND, (config_map("a"),), deletionTimestamp="2026-01-01T11:59:00Z", finalizers=[FINALIZER])
    assert await assert_same_end(still, ending) == 3, "the child's deletion, status, and the finalizer"


async def test_a_child_whose_name_is_made_up_each_time_is_found(still: Client) -> None:
    lives = iter(range(100))

    def made_up(observed: Observed[Any, Any]) -> Desired:
        known = [one.meta.name for one in observed.all(CONFIG_MAP) if observed.status.conditions]
        name = known[0] if known else f"a-{next(lives)}"
        return Desired(children=(Child(CONFIG_MAP, {"metadata": {"name": name}, "data": {}}),))

    with pytest.raises(AssertionError, match="killed after it: POST"):
        await assert_same_end(still, scenario(replace(KIND, desired=made_up)))


async def test_what_is_done_before_it_was_written_down_is_found(still: Client) -> None:
    """A child that goes once, and is remembered as gone by the status alone, after the act."""

    def once(observed: Observed[Any, Any]) -> Desired:
        if observed.status.conditions:
            return Desired()
        left = observed.all(CONFIG_MAP)
        return Desired(delete=left[:1])

    with pytest.raises(AssertionError, match="killed after it: DELETE"):
        await assert_same_end(still, scenario(replace(KIND, desired=once), (config_map("b"), config_map("c"))))
