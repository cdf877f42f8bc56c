"""Leadership: of several operators one works, by a Lease of the API server.

The Lease is kept in a thread with a loop and a connection of its own: work that keeps the operator's loop busy does not cost it. Before
each write is sent the operator asks `may_write`, which needs no answer from anybody: a process that was paused beyond its time knows it
by its clock as soon as it goes on.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from vireo.api.resources import Resource
from vireo.kube.client import MERGE_PATCH, ApiError, Client
from vireo.kube.election import RETRY_SECONDS, Election, Lease

log = logging.getLogger(__name__)

LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")
ANSWER_SECONDS: Final = 5.0
"""How long one request about the Lease may take: the next one may fare better."""


class LostLeadError(Exception):
    """Another operator leads after this one did."""


class _Meta(msgspec.Struct, rename="camel"):
    resource_version: str = ""


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str = ""
    lease_duration_seconds: int = 0
    lease_transitions: int = 0


class _Object(msgspec.Struct):
    metadata: _Meta
    spec: _Spec


@dataclass
class Leadership:
    """This process as a candidate. `now` is what others read of it, and decides nothing; `connect` makes the thread's connection."""

    namespace: str
    name: str
    identity: str
    now: Callable[[], datetime]
    connect: Callable[[], Awaitable[Client]] = Client.connect
    acquired: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when this process leads for the first time."""
    _lost: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._election = Election(self.identity)

    def may_write(self) -> bool:
        """Whether nobody else can lead now. To be asked directly before a write is sent."""
        return self._election.leads(time.monotonic())

    async def run(self) -> None:
        """Until cancelled; then the Lease is handed over. Raises LostLeadError."""
        loop = asyncio.get_running_loop()
        thread = loop.run_in_executor(None, lambda: asyncio.run(self._campaign(loop)))
        lost = loop.create_task(self._lost.wait())
        try:
            await asyncio.wait((thread, lost), return_when=asyncio.FIRST_COMPLETED)
            raise LostLeadError("another operator leads; this one ends, and stands by again when it is started")
        finally:
            lost.cancel()
            self._stop.set()
            await thread

    async def _campaign(self, operator: asyncio.AbstractEventLoop) -> None:
        async with await self.connect() as client:
            led = False
            while not self._stop.is_set():
                leads = await self._round(client)
                if leads is not None and leads != led:
                    led = leads
                    log.info("%s %s", self.identity, "leads" if leads else "does not lead any more")
                    operator.call_soon_threadsafe((self.acquired if leads else self._lost).set)
                await asyncio.to_thread(self._stop.wait, RETRY_SECONDS)
            await self._hand_over(client)

    async def _round(self, client: Client) -> bool | None:
        """Renews or takes the Lease, or looks at it. Whether this one holds it; None where that could not be found out."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._bid(client)
        except (ApiError, TimeoutError) as error:
            log.warning("Lease %s/%s: %s", self.namespace, self.name, error or "no answer")
            return None

    async def _bid(self, client: Client) -> bool:
        lease = await self._read(client)
        asked_at = time.monotonic()
        bid = self._election.bid(lease, asked_at)
        if bid is None:
            self._election.resign()
            return False
        await self._write(client, bid, took=bid.holder != lease.holder)
        self._election.won(asked_at)
        return True

    async def _hand_over(self, client: Client) -> None:
        """Nothing is written from now on, and the next one need not wait."""
        self._election.resign()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                lease = await self._read(client)
                if lease.holder == self.identity:
                    await self._write(client, Lease("", 1, lease.transitions, lease.version), took=False)
        except (ApiError, TimeoutError) as error:
            log.warning("Lease %s/%s is not handed over: %s", self.namespace, self.name, error or "no answer")

    async def _read(self, client: Client) -> Lease:
        """The Lease as it is; one that nobody has where there is none."""
        try:
            raw = await client.request("GET", LEASES.path(self.namespace, self.name))
        except ApiError as error:
            if error.code == 404:
                return Lease()
            raise
        found = msgspec.json.decode(raw, type=_Object)
        spec = found.spec
        return Lease(
            spec.holder_identity, spec.lease_duration_seconds, spec.lease_transitions, found.metadata.resource_version
        )

    async def _write(self, client: Client, lease: Lease, *, took: bool) -> None:
        """Refused with 409 where somebody wrote it since it was read."""
        now = self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {
            "holderIdentity": lease.holder or None,
            "leaseDurationSeconds": int(lease.seconds),
            "leaseTransitions": lease.transitions,
            "renewTime": now,
            **({"acquireTime": now} if took else {}),
        }
        if lease.version:
            body: dict[str, Any] = {"metadata": {"resourceVersion": lease.version}, "spec": spec}
            path = LEASES.path(self.namespace, self.name)
            await client.request("PATCH", path, body=body, content_type=MERGE_PATCH)
        else:
            body = {
                "apiVersion": LEASES.api_version,
                "kind": LEASES.kind,
                "metadata": {"name": self.name},
                "spec": spec,
            }
            await client.request("POST", LEASES.path(self.namespace), body=body)
