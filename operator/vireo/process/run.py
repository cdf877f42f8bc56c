"""The operator's process: watches, queue and health side by side, until it is told to stop."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Iterable
from typing import Any

from vireo.api.kind import Kind
from vireo.api.resources import Key
from vireo.kinds import KINDS
from vireo.kube.client import ApiError, Client
from vireo.kube.leadership import Leadership
from vireo.kube.observe import Reader
from vireo.kube.store import Store
from vireo.kube.watch import Watcher
from vireo.process.clock import now
from vireo.process.health import Health, serve
from vireo.process.metrics import Metrics
from vireo.process.own_kinds import OwnKinds
from vireo.reconcile.gate import Gate
from vireo.reconcile.learning import Learning
from vireo.reconcile.loop import Reconciler, Result
from vireo.reconcile.queue import Queue

log = logging.getLogger(__name__)

WORKERS = 8
SEEN_AT_ONCE = 1_000_000
"""Python objects; about 20,000 objects of ours. An API server that does not answer for hours makes as many, and they are collected."""
DRAIN_SECONDS = 5.0
"""How long what is being worked on may take when the process is told to stop."""


class Operator:
    """All parts of one operator process, connected."""

    def __init__(
        self,
        client: Client,
        kinds: Iterable[Kind[Any, Any]] = KINDS,
        leadership: Leadership | None = None,
        scheduler: str = "",
    ) -> None:
        self.leadership = leadership
        self.store = Store(kinds)
        self.metrics = Metrics()
        self.gate = Gate(client, self.store, self.metrics.write)
        self.learning = Learning(self.store, self.gate, now)
        self.reader = Reader(client, self.store, scheduler)
        self.reconciler = Reconciler(self.reader, self.store, self.gate, self.learning.samples)
        self.queue = Queue(self._work, now)
        self.gate.wake = self.reader.wake = self.queue.wake
        self.own = OwnKinds(client, self.store, self.queue.wake, lambda: self.queue.depth == 0)
        self.watchers = [Watcher(client, self.store, watch, self.queue.wake) for watch in self._foreign()]

    async def run(self, port: int, stop: asyncio.Event) -> None:
        """Until `stop` is set. A part that fails ends all: the process is started anew rather than left half alive.

        The lead is handed over last, when nothing is written any more.
        """
        async with asyncio.TaskGroup() as group:
            lead = group.create_task(self.leadership.run()) if self.leadership else None
            await self._work_until(stop, port)
            if lead:
                lead.cancel()

    async def _work_until(self, stop: asyncio.Event, port: int) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    serve(Health(self._not_ready, lambda: self.metrics.page(self.queue, leads=self._leads())), port)
                ),
                group.create_task(self.metrics.watch_the_loop()),
                group.create_task(self._make_singletons()),
                group.create_task(self.own.run()),
                group.create_task(self.own.compare()),
                *(group.create_task(watcher.run()) for watcher in self.watchers),
                group.create_task(self._reconcile()),
                group.create_task(self.learning.run()),
            ]
            await stop.wait()
            log.info("told to stop")
            await self.queue.drain(DRAIN_SECONDS)
            for task in tasks:
                task.cancel()

    @property
    def ready(self) -> bool:
        """Whether everything that existed at the start has been seen."""
        return self.own.listed.is_set() and all(watcher.synced.is_set() for watcher in self.watchers)

    def _not_ready(self) -> str:
        return "" if self.ready else "not all objects have been seen yet"

    def _leads(self) -> bool:
        return self.leadership is None or self.leadership.may_write()

    async def _reconcile(self) -> None:
        await self._see_everything()
        log.info("all objects seen; waiting for the lead")
        await self._lead()
        log.info("reconciling")
        await self.queue.run(WORKERS)

    async def _see_everything(self) -> None:
        """What is seen lives on. The collector of cycles would look at it again and again for nothing: 0.4 s for 4,000 objects."""
        usual = gc.get_threshold()
        gc.set_threshold(SEEN_AT_ONCE)
        for watcher in self.watchers:
            await watcher.synced.wait()
        await self.own.listed.wait()
        gc.freeze()
        gc.set_threshold(*usual)

    async def _work(self, key: Key) -> Result:
        with self.metrics.reconcile(key.resource):
            result = await self.reconciler.reconcile(key, now())
        if result.failed:
            self.metrics.failure(key.resource, result.failed)
        for act in result.ended:
            self.metrics.act(key.resource, act)
        self.learning.take(result.ended)
        return result

    async def _lead(self) -> None:
        """Until it is this one's turn."""
        if self.leadership:
            await self.leadership.acquired.wait()

    async def _make_singletons(self) -> None:
        await self._lead()
        for kind in (kind for kind in self.store.kinds.values() if kind.singleton):
            await self._make(kind)

    async def _make(self, kind: Kind[Any, Any]) -> None:
        """Until it is there: its CRD may come after us."""
        while True:
            try:
                await self.gate.create_own(Key(kind.resource, "", kind.singleton), {})
            except ApiError as error:
                log.warning("%s %s not made yet: %s", kind.name, kind.singleton, error)
                await asyncio.sleep(2)
            else:
                return

    def _foreign(self) -> list[Any]:
        """What is watched beside our own kinds."""
        found = sorted(self.store.watches.items())
        return [watch for resource, watches in found if resource not in self.store.kinds for watch in watches]


async def run(port: int, stop: asyncio.Event, leadership: Leadership, scheduler: str) -> None:
    """Connects, runs when it is this one's turn, and lets go."""
    async with await Client.connect(leadership.may_write, f"vireo ({leadership.identity})") as client:
        with contextlib.suppress(asyncio.CancelledError):
            await Operator(client, leadership=leadership, scheduler=scheduler).run(port, stop)
