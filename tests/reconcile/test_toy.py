"""What the machinery promises to every kind, shown with the toy kind against a real API server."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reconcile.cluster import Cluster
from reconcile.toy import CONFIG_MAP, TOY

from vireo.api.names import FINALIZER
from vireo.api.resources import Resource
from vireo.reconcile.limits import EventLimit

pytestmark = pytest.mark.api

ADMISSION = "admissionregistration.k8s.io"
WEBHOOKS = Resource(
    ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", namespaced=False
)


async def test_a_child_is_made_and_its_owner_says_so(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    child = await cluster.config_map()
    assert child is not None
    assert child["data"] == {"text": "hello"}
    assert child["metadata"]["labels"] == {"vireo.dev/managed": "toy"}
    assert [owner["kind"] for owner in child["metadata"]["ownerReferences"]] == ["Toy"]


async def test_making_an_object_costs_a_create_a_status_and_an_event(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.idle()
    assert sorted(cluster.writes) == [("PATCH", "toys"), ("POST", "configmaps"), ("POST", "events")]


async def test_of_one_object_only_so_much_is_told(cluster: Cluster) -> None:
    assert cluster.operator is not None
    cluster.operator.gate.events = EventLimit(at_once=1)
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.toy(text="x" * 1_100_000)
    await cluster.until_stalled()
    await cluster.idle()
    assert cluster.writes.count(("POST", "events")) == 1


async def test_a_field_no_longer_wanted_goes(cluster: Cluster) -> None:
    await cluster.toy(text="hello", more="world")
    await cluster.until_ready()
    await cluster.toy(text="hello")
    await cluster.until_ready()
    child = await cluster.config_map()
    assert child is not None
    assert child["data"] == {"text": "hello"}


async def test_a_field_no_longer_wanted_goes_also_when_the_operator_was_away(cluster: Cluster) -> None:
    await cluster.toy(text="hello", more="world")
    await cluster.until_ready()
    await cluster.stop()
    await cluster.toy(text="hello")
    await cluster.start()
    await cluster.until_ready()
    child = await cluster.config_map()
    assert child is not None
    assert child["data"] == {"text": "hello"}


async def test_what_another_changed_is_set_right(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.merge(CONFIG_MAP, "a", {"data": {"text": "changed"}})

    async def right() -> bool:
        child = await cluster.config_map()
        return child is not None and child["data"]["text"] == "hello"

    await cluster.until(right)


async def test_what_another_changed_while_the_operator_was_away_is_set_right(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.stop()
    await cluster.merge(CONFIG_MAP, "a", {"data": {"text": "changed"}})
    await cluster.start()

    async def right() -> bool:
        child = await cluster.config_map()
        return child is not None and child["data"]["text"] == "hello"

    await cluster.until(right)


async def test_a_restart_writes_nothing_and_changes_no_version(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.toy("b", text="hello", more="world")
    await cluster.until_ready()
    await cluster.until_ready("b")
    await cluster.idle()
    before = [await cluster.get(CONFIG_MAP, name) for name in "ab"] + [await cluster.get(TOY, name) for name in "ab"]
    await cluster.restart()
    await cluster.idle()
    after = [await cluster.get(CONFIG_MAP, name) for name in "ab"] + [await cluster.get(TOY, name) for name in "ab"]
    assert before == after
    assert cluster.writes == []


async def test_an_operator_that_died_before_it_could_say_what_it_wrote_finds_out(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.idle()
    child = await cluster.config_map()
    await cluster.stop()
    await cluster.merge(TOY, "a", {"status": {"applied": None}}, subresource="status")
    cluster.writes.clear()
    await cluster.start()
    await cluster.idle()
    assert cluster.writes == [("DRY-RUN", "configmaps"), ("PATCH", "toys")]
    assert await cluster.config_map() == child


async def test_an_object_of_the_childs_name_that_is_not_ours_is_left_alone(cluster: Cluster) -> None:
    await cluster.create(CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"theirs": "yes"}})
    await cluster.toy(text="hello")
    stalled = await cluster.until_stalled()
    child = await cluster.config_map()
    assert child is not None
    assert child["data"] == {"theirs": "yes"}
    assert "ownerReferences" not in child["metadata"]
    assert stalled["reason"] == "ForeignObject"
    assert 'annotate it vireo.dev/adopt="true"' in stalled["message"]


async def test_a_foreign_object_is_taken_when_its_annotation_says_so(cluster: Cluster) -> None:
    await cluster.create(CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"theirs": "yes"}})
    await cluster.toy(text="hello")
    await cluster.until_stalled()
    await cluster.merge(CONFIG_MAP, "a", {"metadata": {"annotations": {"vireo.dev/adopt": "true"}}})
    await cluster.until_ready()
    child = await cluster.config_map()
    assert child is not None
    assert child["data"] == {"theirs": "yes", "text": "hello"}
    assert [owner["kind"] for owner in child["metadata"]["ownerReferences"]] == ["Toy"]


async def test_a_reference_that_appears_makes_progress(cluster: Cluster) -> None:
    await cluster.toy(text="hello", after="b")

    async def waits() -> bool:
        working = await cluster.condition("Reconciling")
        return working is not None and "b does not exist" in working["message"]

    await cluster.until(waits)
    assert await cluster.config_map() is None
    await cluster.toy("b")
    await cluster.until_ready()


async def test_who_is_no_longer_named_is_told_so_by_our_own_write(cluster: Cluster) -> None:
    def held_by(*names: str) -> Callable[[], Awaitable[bool]]:
        async def is_so() -> bool:
            toy = await cluster.get(TOY, "b") or {}
            return list(toy.get("status", {}).get("holders", ())) == [*names]

        return is_so

    await cluster.toy("b")
    await cluster.toy(text="hello", after="b")
    await cluster.until(held_by("a"))
    await cluster.idle()
    await cluster.toy(text="hello")
    await cluster.until(held_by())


async def test_an_orderly_end_deletes_the_child_first(cluster: Cluster) -> None:
    await cluster.toy(text="hello", orderly=True)
    await cluster.until_ready()
    toy = await cluster.get(TOY)
    assert toy is not None
    assert toy["metadata"]["finalizers"] == ["vireo.dev/orderly-end"]
    await cluster.delete(TOY, "a")

    async def gone() -> bool:
        return await cluster.get(TOY) is None

    await cluster.until(gone)
    assert await cluster.config_map() is None


async def test_an_orderly_end_comes_also_where_others_say_that_the_finalizer_is_theirs(cluster: Cluster) -> None:
    """As after a restore, or where the object was applied as it was read."""
    await cluster.toy(text="hello", orderly=True)
    await cluster.until_ready()
    head = {"apiVersion": TOY.api_version, "kind": "Toy", "metadata": {"name": "a", "finalizers": [FINALIZER]}}
    await cluster.apply(TOY, "a", {**head, "spec": {"text": "hello", "orderly": True}})
    await cluster.delete(TOY, "a")

    async def gone() -> bool:
        return await cluster.get(TOY) is None

    await cluster.until(gone)


async def test_a_status_that_others_wrote_is_set_right_as_a_whole(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    gone = {"type": "Gone", "status": "True", "reason": "Restored", "message": "", "observedGeneration": 1}
    gone["lastTransitionTime"] = "2026-01-01T12:00:00Z"
    body = {"status": {"conditions": [gone]}}
    await cluster.merge(TOY, "a/status", body)

    async def right() -> bool:
        toy = await cluster.get(TOY)
        return toy is not None and [one["type"] for one in toy["status"]["conditions"]] == ["Ready"]

    await cluster.until(right)
    await cluster.idle()
    cluster.writes.clear()
    await cluster.merge(CONFIG_MAP, "a", {"metadata": {"labels": {"more": "yes"}}})  # a look that leads to no write
    await cluster.idle()
    assert cluster.writes == []


async def test_a_refusal_is_told_in_the_servers_words(cluster: Cluster) -> None:
    await cluster.toy(text="x" * 1_100_000)  # more than a ConfigMap may hold
    stalled = await cluster.until_stalled()
    assert stalled["reason"] == "Refused"
    assert "ConfigMap" in stalled["message"]
    assert "Too long" in stalled["message"]


async def test_a_field_that_nobody_knows_is_refused_by_name_and_not_dropped(cluster: Cluster) -> None:
    await cluster.toy(over={"dta": {"text": "hello"}})
    stalled = await cluster.until_stalled()
    assert (stalled["reason"], 'unknown field "dta"' in stalled["message"]) == ("Refused", True), stalled
    await cluster.toy(text="hello")
    await cluster.until_ready()


async def test_it_is_refused_by_name_also_in_a_change(cluster: Cluster) -> None:
    await cluster.toy(text="hello")
    await cluster.until_ready()
    await cluster.toy(text="hello", over={"dta": {"text": "hello"}})
    stalled = await cluster.until_stalled()
    assert (stalled["reason"], ".dta: field not declared" in stalled["message"]) == ("Refused", True), stalled
    await cluster.toy(text="hello")
    await cluster.until_ready()


async def test_a_webhook_that_is_away_is_named_and_what_waits_for_it_goes_on_when_it_is_gone(cluster: Cluster) -> None:
    await cluster.client.request("POST", WEBHOOKS.path(), body=away(cluster.namespace))
    await cluster.toy(text="hello")
    stalled = await cluster.until_stalled()
    assert stalled["reason"] == "ApiError"
    assert 'failed calling webhook "away.example.org"' in stalled["message"]
    await cluster.client.request("DELETE", WEBHOOKS.path(name=cluster.namespace))
    await cluster.until_ready()


def away(namespace: str) -> dict[str, Any]:
    """A webhook for the ConfigMaps of a namespace at which nobody answers."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": "away.example.org",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
    }
    head = {"apiVersion": WEBHOOKS.api_version, "kind": WEBHOOKS.kind, "metadata": {"name": namespace}}
    return {**head, "webhooks": [hook]}


async def test_a_stored_spec_that_this_version_can_not_read_is_said_and_left(cluster: Cluster) -> None:
    await cluster.toy(text={"not": "a text"})
    stalled = await cluster.until_stalled()
    assert stalled["reason"] == "BadSpec"
    assert "spec.text" in stalled["message"]
    assert await cluster.config_map() is None
