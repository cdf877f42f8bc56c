"""The webhook's server: in time, whatever becomes of what it has to ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from admission.test_review import GARBAGE, GROWTH, case, review_of
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from vireo.admission import server
from vireo.admission.review import Review
from vireo.admission.server import MOST_BYTES, PATH, Reviewer
from vireo.api.reconcile import Observed
from vireo.kinds import KINDS
from vireo.kube.client import ApiError

Asked = TestClient[web.Request, web.Application]


class Surroundings:
    """Those of the case, or what became of asking for them."""

    failure: Exception | None = None
    silent = False

    async def observe(self, review: Review) -> Observed[Any, Any]:  # noqa: ARG002 - the protocol's
        if self.silent:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure
        return case(GROWTH).observed


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@pytest.fixture
def outcomes() -> list[str]:
    return []


@pytest.fixture
async def asked(surroundings: Surroundings, outcomes: list[str]) -> AsyncIterator[Asked]:
    reviewer = Reviewer(KINDS, surroundings, lambda resource, word, _: outcomes.append(f"{resource} {word}"))
    application = web.Application(client_max_size=MOST_BYTES)
    application.add_routes([web.post(PATH, reviewer.handle)])
    async with TestClient(TestServer(application)) as client:
        yield client


async def test_a_review_is_answered(asked: Asked, outcomes: list[str]) -> None:
    answered = await asked.post(PATH, json=review_of(GROWTH, {"size": "10Gi"}))
    assert answered.status == 200
    assert (await answered.json())["response"]["allowed"] is False
    assert outcomes == ["virtualdisks.vireo.dev refused"]


@pytest.mark.parametrize("what", [what for what, sent in GARBAGE.items() if isinstance(sent, bytes)])
async def test_garbage_is_a_bad_request(
    asked: Asked, what: str, outcomes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    answered = await asked.post(PATH, data=GARBAGE[what])
    assert answered.status == 400
    assert "AdmissionReview" in await answered.text()
    assert outcomes == [" bad"]
    assert "Traceback" not in caplog.text


async def test_what_can_not_be_looked_at_is_held_against_nobody(
    asked: Asked, surroundings: Surroundings, outcomes: list[str]
) -> None:
    surroundings.failure = ApiError("GET", "/api", 0, "NoAnswer", "connection refused")
    answered = await asked.post(PATH, json=review_of(GROWTH, {"size": "10Gi"}))
    assert (await answered.json())["response"] == {"uid": "of-the-review", "allowed": True}
    assert outcomes == ["virtualdisks.vireo.dev unknown"]


async def test_the_api_server_is_not_kept_waiting(
    asked: Asked, surroundings: Surroundings, outcomes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.01)
    surroundings.silent = True
    answered = await asked.post(PATH, json=review_of(GROWTH, {"size": "10Gi"}))
    assert (await answered.json())["response"]["allowed"] is True
    assert outcomes == ["virtualdisks.vireo.dev unknown"]


async def test_a_spec_of_another_version_is_let_through(asked: Asked, outcomes: list[str]) -> None:
    body = review_of(GROWTH)
    body["request"]["object"]["spec"] = {"size": [1]}
    answered = await asked.post(PATH, data=json.dumps(body))
    assert (await answered.json())["response"]["allowed"] is True
    assert outcomes == ["virtualdisks.vireo.dev unknown"]
