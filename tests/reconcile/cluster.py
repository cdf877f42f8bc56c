"""The operator's machinery with the toy kind, in this process, against a real API server."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from reconcile.toy import CONFIG_MAP, KIND, TOY
from support.waiting import becomes

from vireo.api.kind import Kind
from vireo.api.resources import Key, Resource
from vireo.kube.client import APPLY, MERGE_PATCH, ApiError, Client
from vireo.process.run import Operator

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
DEADLINE_SECONDS = 30.0


@dataclass
class Cluster:
    """A namespace of a real cluster, with plain words for what a user does there."""

    client: Client
    namespace: str
    kinds: tuple[Kind[Any, Any], ...] = (KIND,)
    writes: list[tuple[str, str]] = field(default_factory=list)
    operator: Operator | None = None
    _task: asyncio.Task[None] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, client: Client | None = None) -> None:
        """The operator, new, with a connection of its own if one is given; what it writes is noted in `writes`."""
        self._stop = asyncio.Event()
        self.operator = Operator(client or self.client, self.kinds)
        self.operator.gate.for_each_write = self._note
        self._task = asyncio.create_task(self.operator.run(0, self._stop))

    def _note(self, verb: str, key: Key) -> None:
        if key.namespace in {self.namespace, ""}:  # the operator sees the whole cluster, other tests' leavings too
            self.writes.append((verb, key.resource.plural))

    async def stop(self) -> None:
        self._stop.set()
        if self._task:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def restart(self) -> None:
        await self.stop()
        self.writes.clear()
        await self.start()

    async def toy(self, name: str = "a", **spec: Any) -> None:
        """Applies a toy, as a user would."""
        body = {"apiVersion": TOY.api_version, "kind": "Toy", "metadata": {"name": name}, "spec": spec}
        await self.apply(TOY, name, body)

    async def apply(self, resource: Resource, name: str, body: dict[str, Any]) -> None:
        query = {"fieldManager": "user", "force": "true"}
        await self.client.request("PATCH", resource.path(self.namespace, name), query, body, content_type=APPLY)

    async def create(self, resource: Resource, body: dict[str, Any]) -> None:
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        await self.client.request("POST", resource.path(self.namespace), body={**head, **body})

    async def merge(self, resource: Resource, name: str, body: dict[str, Any], subresource: str = "") -> None:
        path = resource.path(self.namespace, name, subresource)
        await self.client.request("PATCH", path, body=body, content_type=MERGE_PATCH)

    async def delete(self, resource: Resource, name: str) -> None:
        await self.client.request("DELETE", resource.path(self.namespace, name))

    async def get(self, resource: Resource, name: str = "a") -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = msgspec.json.decode(
                await self.client.request("GET", resource.path(self.namespace, name))
            )
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        return found

    async def config_map(self, name: str = "a") -> dict[str, Any] | None:
        return await self.get(CONFIG_MAP, name)

    async def condition(self, type_: str, name: str = "a") -> dict[str, Any] | None:
        toy = await self.get(TOY, name) or {}
        found = (one for one in toy.get("status", {}).get("conditions", ()) if one["type"] == type_)
        return next(found, None)

    async def until(self, true: Callable[[], Awaitable[Any]]) -> Any:
        """What becomes true, when it does; fails with what it last was."""
        became, last = await becomes(true, DEADLINE_SECONDS)
        if became:
            return last
        pytest.fail(f"did not become true in {DEADLINE_SECONDS:.0f} s: {true} (last: {last})")

    async def until_ready(self, name: str = "a") -> dict[str, Any]:
        async def ready() -> dict[str, Any] | None:
            found, toy = await self.condition("Ready", name), await self.get(TOY, name) or {}
            same = found and found["observedGeneration"] == toy.get("metadata", {}).get("generation")
            return found if found and same and found["status"] == "True" else None

        found: dict[str, Any] = await self.until(ready)
        return found

    async def until_stalled(self, name: str = "a") -> dict[str, Any]:
        found: dict[str, Any] = await self.until(lambda: self.condition("Stalled", name))
        return found

    async def idle(self) -> None:
        """Until the operator has done all that is due."""
        operator = self.operator
        assert operator is not None

        async def done() -> bool:
            await asyncio.sleep(0.2)
            return operator.ready and operator.queue.depth == 0

        await self.until(done)
