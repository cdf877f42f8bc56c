"""The operator, in this process, in a namespace of a real control plane; and the storage's part, which the tests play.

There is no storage behind a bare control plane, so what a provisioner and a resizer write, the tests write: volumes, capacities,
events. Binding, admission and the protection of claims are the real ones.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import pytest
from support.waiting import becomes

from vireo.api.resources import CLAIM, EVENT, PLATFORM, STORAGE_CLASS, VIRTUAL_DISK, Key, Resource
from vireo.kinds import KINDS
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kube.client import APPLY, MERGE_PATCH, ApiError, Client
from vireo.process.run import Operator

VOLUME: Final = Resource("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
DEADLINE_SECONDS: Final = 40.0

Object = dict[str, Any]
Write = tuple[str, str]
"""The verb and the plural."""


class OperatorDiedError(Exception):
    """The process ended before this write was sent."""


@dataclass
class Shop:
    """A namespace with plain words for what users and storage do in it; `writes` are the operator's in it."""

    client: Client
    namespace: str
    writes: list[Write] = field(default_factory=list)
    _dies_before: int = 0
    died: asyncio.Event = field(default_factory=asyncio.Event)
    _operator: Operator | None = None
    _task: asyncio.Task[None] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self._stop = asyncio.Event()
        self._operator = Operator(self.client, KINDS)
        self._operator.gate.for_each_write = self._note
        self._task = asyncio.create_task(self._operator.run(0, self._stop))

    async def stop(self) -> None:
        self._stop.set()
        if self._task:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def die_before(self, write: int) -> None:
        """The operator does not live to send that write, counted from now; 0: it lives."""
        self.writes.clear()
        self._dies_before = write

    def _note(self, verb: str, key: Key) -> None:
        if key.namespace != self.namespace:
            return
        if 0 < self._dies_before <= len(self.writes) + 1:
            self.died.set()
            raise OperatorDiedError
        self.writes.append((verb, key.resource.plural))

    @property
    def fast(self) -> str:
        """A datastore that binds at once and can grow."""
        return f"fast-{self.namespace}"

    async def storage_class(self, name: str, *, expansion: bool = True, waits: bool = False) -> None:
        body = {
            "metadata": {
                "name": name,
                "annotations": {"vireo.dev/access-modes": "ReadWriteMany", "vireo.dev/volume-mode": "Block"},
            },
            "provisioner": "tests.vireo.dev/by-hand",
            "allowVolumeExpansion": expansion,
            "volumeBindingMode": "WaitForFirstConsumer" if waits else "Immediate",
        }
        await self.create(STORAGE_CLASS, body)

    async def forbid_expansion(self) -> None:
        await self.merge(STORAGE_CLASS, self.fast, {"allowVolumeExpansion": False})

    async def volume(self, claim: str, size: str = "1Gi", *, shared: bool = True, uid: str | None = None) -> None:
        """A volume for the claim of that name, as a provisioner makes it: with its UID, if it is there already."""
        name = f"{self.namespace}-{claim}"
        spec = {
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
            "volumeMode": "Block" if shared else "Filesystem",
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": self.fast,
            "csi": {"driver": "tests.vireo.dev", "volumeHandle": name},
            "claimRef": {"namespace": self.namespace, "name": claim, "uid": uid},
        }
        await self.create(VOLUME, {"metadata": {"name": name}, "spec": spec})

    async def resized(self, claim: str, size: str) -> None:
        """The volume and its claim have grown, as a resizer says it."""
        await self.merge(VOLUME, f"{self.namespace}-{claim}", {"spec": {"capacity": {"storage": size}}})
        await self.merge(CLAIM, claim, {"status": {"capacity": {"storage": size}}}, "status")

    async def warn(self, claim: str, reason: str, note: str) -> None:
        """A Warning event about the claim, as a provisioner writes it."""
        about = await self.must(CLAIM, claim)
        body = {
            "metadata": {"generateName": f"{claim}-"},
            "type": "Warning",
            "reason": reason,
            "note": note,
            "action": "Provision",
            "eventTime": "2026-01-01T12:00:00.000000Z",
            "reportingController": "tests.vireo.dev/by-hand",
            "reportingInstance": "tests",
            "regarding": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": self.namespace,
                "name": claim,
                "uid": about["metadata"]["uid"],
            },
        }
        await self.create(EVENT, body)

    async def disk(self, name: str = "d", **spec: Any) -> None:
        await self.apply(VIRTUAL_DISK, name, {"size": "1Gi", "datastore": self.fast, **spec})

    async def apply(self, resource: Resource, name: str, spec: Object) -> None:
        """Applies an object of ours, as a user would."""
        head = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}}
        query, body = {"fieldManager": "user", "force": "true"}, {**head, "spec": spec}
        await self.client.request("PATCH", resource.path(self.namespace, name), query, body, content_type=APPLY)

    async def create(self, resource: Resource, body: Object) -> None:
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        await self.client.request("POST", resource.path(self._in(resource)), body={**head, **body})

    async def merge(self, resource: Resource, name: str, body: Object, subresource: str = "") -> None:
        path = resource.path(self._in(resource), name, subresource)
        await self.client.request("PATCH", path, body=body, content_type=MERGE_PATCH)

    async def annotate(self, claim: str, value: str = "true") -> None:
        await self.merge(CLAIM, claim, {"metadata": {"annotations": {"vireo.dev/adopt": value}}})

    async def delete(self, resource: Resource, name: str) -> None:
        await self.client.request("DELETE", resource.path(self._in(resource), name))

    async def get(self, resource: Resource, name: str) -> Object | None:
        try:
            raw = await self.client.request("GET", resource.path(self._in(resource), name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise
        return msgspec.json.decode(raw, type=Object)

    async def must(self, resource: Resource, name: str) -> Object:
        found = await self.get(resource, name)
        assert found is not None, f"there is no {resource}/{name}"
        return found

    async def all(self, resource: Resource) -> list[Object]:
        raw = await self.client.request("GET", resource.path(self._in(resource)))
        found: list[Object] = msgspec.json.decode(raw)["items"]
        return found

    async def until(self, true: Callable[[], Awaitable[Any]]) -> Any:
        """What becomes true, when it does; fails with what it last was."""
        became, last = await becomes(true, DEADLINE_SECONDS)
        if became:
            return last
        disks = [one.get("status") for one in await self.all(VIRTUAL_DISK)]
        pytest.fail(f"not true after {DEADLINE_SECONDS:.0f} s: {true.__qualname__} (last: {last}): {disks}")

    async def until_said(self, reason: str, name: str = "d", type_: str = "Ready") -> Mapping[str, str]:
        """The condition of that type, once it is there for that reason and is said of the newest spec."""

        async def said() -> Mapping[str, str] | None:
            disk = await self.get(VIRTUAL_DISK, name) or {}
            found = [one for one in disk.get("status", {}).get("conditions", ()) if one["type"] == type_]
            same = found and found[0]["observedGeneration"] == disk["metadata"]["generation"]
            return found[0] if same and found[0]["reason"] == reason else None

        said.__qualname__ = f"{name} says {reason}"
        condition: Mapping[str, str] = await self.until(said)
        return condition

    async def until_gone(self, resource: Resource, name: str) -> None:
        async def gone() -> bool:
            return await self.get(resource, name) is None

        await self.until(gone)

    async def until_platform_is_known(self) -> None:
        """Until the operator has said what this cluster can do; before that, a disk says that it waits for it."""

        async def known() -> bool:
            platform = await self.get(PLATFORM, THE_PLATFORM.name) or {}
            return "observedGeneration" in platform.get("status", {})

        await self.until(known)

    async def idle(self) -> None:
        """Until the operator has done all that is due."""
        operator = self._operator
        assert operator is not None

        async def done() -> bool:
            await asyncio.sleep(0.2)
            return operator.ready and operator.queue.depth == 0

        await self.until(done)

    def _in(self, resource: Resource) -> str:
        return self.namespace if resource.namespaced else ""
