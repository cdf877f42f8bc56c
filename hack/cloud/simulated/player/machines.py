"""The machines of the simulated nodes: what the API server says of them, whose turn it is, and the writes that follow."""

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import msgspec

from cloud.simulated import load
from cloud.simulated.player import launcher, migration, turns
from cloud.simulated.player.client import AGENT, Client, Metadata, Refused
from cloud.simulated.player.domain import Domain, domain_of
from cloud.simulated.player.durations import Durations
from cloud.simulated.player.instance import Json, node_of, phase_of, stamp, uid_of
from cloud.simulated.player.keys import Keys
from cloud.simulated.player.pods import Pod, Pods
from cloud.simulated.player.scene import Event, Scene

log = logging.getLogger(__name__)

WORKERS = 16
RETRY = 1.0  # seconds until a turn that failed is played again
INSTANCES = "/apis/kubevirt.io/v1/virtualmachineinstances"


class Machines:
    """The store, the queue and the writer.

    `handler` speaks as virt-handler, `node` does a kubelet's part. `state` is the folder with the loads, `address` where
    the player listens.
    """

    def __init__(self, handler: Client, node: Client, durations: Durations, state: Path, address: str) -> None:
        self.keys = Keys()
        self.nodes: frozenset[str] = frozenset()
        self.pods = Pods()
        self.pods_listed = asyncio.Event()
        self._handler, self._node = handler, node
        self._durations, self._state, self._address = durations, state, address
        self._booted: dict[str, float] = {}
        self._instances: dict[str, tuple[int, msgspec.Raw]] = {}
        self._launchers: dict[str, dict[str, Pod]] = {}  # by machine, then by their own key
        self._machines: dict[str, str] = {}  # of launchers
        self._domains: dict[str, Domain] = {}

    async def run(self) -> None:
        """Follows instances and pods, and plays, for ever. The nodes must be known."""
        instances_listed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._handler.follow(INSTANCES, self._see_instance, instances_listed.set))
            group.create_task(self._node.follow("/api/v1/pods", self._see_pod, self.pods_listed.set))
            await self.pods_listed.wait()
            await instances_listed.wait()
            for _ in range(WORKERS):
                group.create_task(self._work())

    def answer(self, booted: Mapping[str, float]) -> None:
        """From now on these nodes answer, and no others; each has had power since then (seconds since 1970)."""
        self.nodes, self._booted = frozenset(booted), dict(booted)
        for key in self._instances.keys() | self._launchers.keys():
            self.keys.add(key)

    def running(self, key: str) -> tuple[Json, Domain] | None:
        """The instance and its domain, None unless it runs on a node that answers."""
        vmi = self._instance(key)
        domain = self._domains.get(key)
        if vmi is None or domain is None or phase_of(vmi) != "Running" or node_of(vmi) not in self.nodes:
            return None
        return vmi, domain

    @property
    def durations(self) -> Durations:
        """How long things take."""
        return self._durations

    async def tell(self, vmi: Json, event: Event) -> None:
        """Records the event on the instance, as the node's virt-handler."""
        metadata, now = vmi["metadata"], stamp(time.time())
        involved = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "uid": uid_of(vmi)}
        body = {
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
            "involvedObject": involved | {"name": metadata["name"], "namespace": metadata["namespace"]},
            "type": event.kind,
            "reason": event.reason,
            "message": event.message,
            "source": {"component": AGENT, "host": event.node},
            "reportingComponent": AGENT,
            "reportingInstance": event.node,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._handler.post(f"/api/v1/namespaces/{metadata['namespace']}/events", body)

    def _see_instance(self, metadata: Metadata, raw: msgspec.Raw | None) -> None:
        if raw is None:
            self._instances.pop(metadata.key, None)
            self._domains.pop(metadata.key, None)
        else:
            version = int(metadata.resource_version)
            if self._instances.get(metadata.key, (0, raw))[0] >= version:
                return
            self._instances[metadata.key] = (version, raw.copy())
        self.keys.add(metadata.key)

    def _see_pod(self, metadata: Metadata, raw: msgspec.Raw | None) -> None:
        pod = None if raw is None else msgspec.json.decode(raw, type=Pod)
        self.pods.see(metadata.key, pod)
        if pod is not None and pod.launches:
            self._machines[metadata.key] = pod.machine
            self._launchers.setdefault(pod.machine, {})[metadata.key] = pod
            self.keys.add(pod.machine)
        elif pod is None and (machine := self._machines.pop(metadata.key, None)):
            self._launchers[machine].pop(metadata.key)
            if not self._launchers[machine]:
                del self._launchers[machine]

    def _instance(self, key: str) -> Json | None:
        stored = self._instances.get(key)
        return None if stored is None else msgspec.json.decode(stored[1], type=Json)

    async def _work(self) -> None:
        while True:
            key = await self.keys.take()
            try:
                await self._turn(key)
            except Refused as error:
                if error.code not in (404, 409):  # else the news that made the write too late is on its way
                    log.warning("%s: %s", key, error)
                self.keys.add_at(key, time.time() + RETRY)
            except (aiohttp.ClientError, OSError) as error:
                log.warning("%s: %s", key, error)
                self.keys.add_at(key, time.time() + RETRY)
            finally:
                self.keys.done(key)

    async def _turn(self, key: str) -> None:
        vmi, now = self._instance(key), time.time()
        if vmi is not None and turns.ours(vmi, self.nodes):
            turn = turns.play(vmi, self._domain(key, vmi, now), self._scene(key, vmi, now))
            self.keys.add_at(key, turn.wake)
            if turn.vmi != vmi:
                await self._write(turn.vmi)
            for event in turn.events:
                await self.tell(vmi, event)
        await self._end_launchers(key, vmi)

    def _domain(self, key: str, vmi: Json, now: float) -> Domain:
        domain = self._domains.get(key)
        if domain is None or domain.uid != uid_of(vmi):
            domain = self._domains[key] = domain_of(vmi, self._durations, now)
        return domain

    def _scene(self, key: str, vmi: Json, now: float) -> Scene:
        state = vmi["status"].get("migrationState") or {}
        ends = {state.get("sourceNode"), state.get("targetNode")}
        others = [domain.copying for other, domain in self._domains.items() if domain.copying and other != key]
        return Scene(
            now=now,
            nodes=self.nodes,
            pods=tuple(self._launchers.get(key, {}).values()),
            durations=self._durations,
            load=load.read(self._state, *key.split("/")) if migration.under_way(vmi) else None,
            sharing=1 + sum(bool(ends & {copying.source, copying.target}) for copying in others),
            address=self._address,
        )

    async def _write(self, vmi: Json) -> None:
        metadata = vmi["metadata"]
        path = f"/apis/kubevirt.io/v1/namespaces/{metadata['namespace']}/virtualmachineinstances/{metadata['name']}"
        answer = msgspec.json.decode(await self._handler.put(path, vmi), type=msgspec.Raw)
        self._see_instance(msgspec.json.decode(answer, type=_Written).metadata, answer)

    async def _end_launchers(self, key: str, vmi: Json | None) -> None:
        """Ends the machine's launchers whose time has come, each on its node."""
        for pod in list(self._launchers.get(key, {}).values()):
            if pod.node not in self.nodes:
                continue
            ends = launcher.ends_at(pod, vmi, self._durations, self._booted[pod.node])
            if ends > time.time():
                self.keys.add_at(key, ends)
            else:
                path = f"/api/v1/namespaces/{pod.metadata.namespace}/pods/{pod.metadata.name}/status"
                await self._node.patch(path, launcher.ended(pod, time.time()))


class _Written(msgspec.Struct):
    metadata: Metadata
