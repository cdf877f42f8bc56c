"""Certificates are made anew while the API server asks, and no request is refused for it: with failurePolicy Fail one would be.

The replicas' clock begins far in the past and goes on to the API server's own. One of the two always looks later than the other.
"""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api.server import JSON, Answer, Server
from support.ports import free_port
from support.user import disk

from vireo.admission.certificates import renewed
from vireo.admission.keeper import WEBHOOKS, Keeper
from vireo.admission.look import Looker
from vireo.admission.server import Reviewer, serve
from vireo.api.resources import SECRET, VIRTUAL_DISK, Key
from vireo.kinds import KINDS
from vireo.kube.client import Client

pytestmark = pytest.mark.chart

NAMESPACE = "default"
BEGIN, SERVED, NEXT_AUTHORITY, NEXT_CERTIFICATE, TODAY = -310, -66, -64, -5, 0
"""Days. What is served with from the second on is valid today; from the third on there is another authority, which signs at the fourth."""
STRATEGIC = "application/strategic-merge-patch+json"


@dataclass
class Pair:
    """Two replicas, each behind a webhook of its own: what is to be stored passes both."""

    server: Server
    name: str
    keepers: list[Keeper] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)
    day: int = BEGIN

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.day)

    async def apply(self, name: str) -> Answer:
        """As `kubectl create --dry-run=server` does."""
        path, body = VIRTUAL_DISK.path(NAMESPACE), disk(name, datastore="none-such")
        return await asyncio.to_thread(self.server.ask, "POST", path, body, JSON, dryRun="All")

    async def both_answer(self) -> None:
        before = sum(self.reviews)
        answer = await self.apply(self.name)
        assert answer.code == 201, answer
        assert sum(self.reviews) == before + 2

    async def is_in_force(self) -> None:
        """The API server takes up a configuration a moment after it was written: here with one webhook more, that refuses."""
        marker = f"marker-{uuid.uuid4().hex[:8]}"
        added = {"webhooks": [webhook(marker, free_port(), marker)]}
        self.server.must("PATCH", WEBHOOKS.path(name=self.name), added, STRATEGIC)
        async with asyncio.timeout(30):
            while (await self.apply(marker)).code == 201:
                await asyncio.sleep(0.05)

    async def look(self, day: int) -> None:
        """First the one, then the other; at each moment both answer."""
        self.day = day
        for keeper in self.keepers:
            await keeper.look()
            await self.both_answer()


def webhook(name: str, port: int, asked_about: str) -> dict[str, Any]:
    rule = {"apiGroups": ["vireo.dev"], "apiVersions": ["*"], "operations": ["*"], "resources": ["virtualdisks"]}
    return {
        "name": f"{name}.tests.vireo.dev",
        "clientConfig": {"url": f"https://localhost:{port}/review"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "rules": [rule],
        "matchConditions": [{"name": "is-of-this-test", "expression": f"request.name == '{asked_about}'"}],
    }


@pytest.fixture
async def pair(installed: Server, control_plane: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    monkeypatch.setenv("KUBECONFIG", control_plane)
    pair, ports = Pair(installed, f"renewal-{uuid.uuid4().hex[:8]}"), (free_port(), free_port())
    webhooks = [webhook(f"replica-{port}", port, pair.name) for port in ports]
    installed.must("POST", SECRET.path(NAMESPACE), {"metadata": {"name": pair.name}})
    installed.must("POST", WEBHOOKS.path(), {"metadata": {"name": pair.name}, "webhooks": webhooks})
    try:
        async with _serving(pair, ports):
            yield pair
    finally:
        installed.must("DELETE", WEBHOOKS.path(name=pair.name))
        installed.must("DELETE", SECRET.path(NAMESPACE, pair.name))


@asynccontextmanager
async def _serving(pair: Pair, ports: tuple[int, ...]) -> AsyncIterator[None]:
    kinds, tasks = {kind.resource: kind for kind in KINDS}, []
    async with await Client.connect() as client:
        for port in ports:
            keeper = Keeper(client, Key(SECRET, NAMESPACE, pair.name), pair.name, ("localhost",), pair.now)
            reviewer = Reviewer(KINDS, Looker(client, kinds, pair.now), lambda *_: pair.reviews.append(1))
            tasks.append(asyncio.create_task(serve(reviewer, keeper.context, port)))
            pair.keepers.append(keeper)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_request_is_refused_while_certificates_are_made_anew(pair: Pair) -> None:
    first, second = pair.keepers
    for day in range(BEGIN, SERVED + 1):
        pair.day = day
        await first.look()
    await second.look()
    await pair.is_in_force()
    await pair.both_answer()
    served = first.chain
    assert served is not None
    assert second.chain == served

    await pair.look(NEXT_AUTHORITY)
    await pair.is_in_force()
    assert first.chain is not None
    assert (len(served.trusted), len(first.chain.trusted)) == (1, 2)
    assert first.chain.certificate == served.certificate

    await pair.look(NEXT_CERTIFICATE)
    assert first.chain == second.chain
    assert first.chain.leaf.issuer == first.chain.trusted[0].subject
    assert first.chain.leaf.issuer != served.leaf.issuer
    await pair.look(TODAY)


async def test_what_was_lost_is_written_back_and_nothing_changes(pair: Pair) -> None:
    pair.day = TODAY
    first, second = pair.keepers
    await asyncio.gather(first.look(), second.look())
    before = first.chain
    path = SECRET.path(NAMESPACE, pair.name)
    pair.server.must("PATCH", path, {"data": None}, "application/merge-patch+json")
    await asyncio.gather(first.look(), second.look())
    assert first.chain == second.chain == before
    assert set(pair.server.must("GET", path).body["data"]) == {"ca.crt", "ca.key", "tls.crt", "tls.key"}


async def test_of_replicas_that_come_at_once_one_makes_it(pair: Pair) -> None:
    pair.day = TODAY
    client, secret = pair.keepers[0].client, pair.keepers[0].secret
    many = [Keeper(client, secret, pair.name, ("localhost",), pair.now) for _ in range(8)]
    await asyncio.gather(*(keeper.look() for keeper in many))
    assert len({keeper.chain for keeper in many}) == 1


async def test_where_others_make_it_it_is_served_as_given_and_nothing_is_written(pair: Pair) -> None:
    pair.day = TODAY
    first, second = pair.keepers
    second.makes = False
    await second.look()
    assert second.chain is None
    assert "no valid certificate" in second.not_ready()
    await first.look()
    paths = (SECRET.path(NAMESPACE, pair.name), WEBHOOKS.path(name=pair.name))
    before = [pair.server.must("GET", path).body["metadata"]["resourceVersion"] for path in paths]
    await second.look()
    assert (second.chain, second.not_ready()) == (first.chain, "")
    assert [pair.server.must("GET", path).body["metadata"]["resourceVersion"] for path in paths] == before


async def test_one_that_others_made_waits_until_they_made_it_known(pair: Pair) -> None:
    pair.day = TODAY
    first, second = pair.keepers
    second.makes = False
    await first.look()
    await second.look()
    before, made = second.chain, renewed(None, ("localhost",), pair.now())
    data = {name: base64.b64encode(value).decode() for name, value in made.data().items()}
    pair.server.must("PATCH", SECRET.path(NAMESPACE, pair.name), {"data": data}, "application/merge-patch+json")
    await second.look()
    assert (second.chain, second.not_ready()) == (before, "")
    await first.look()
    await second.look()
    assert (second.chain, second.not_ready()) == (made, "")
