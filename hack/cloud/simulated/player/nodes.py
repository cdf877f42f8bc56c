"""Which simulated nodes answer, and their heartbeats: one task a node, as each has its own virt-handler."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping

import aiohttp
import msgspec

from cloud.simulated.labels import BOOTED, DOWN, SIMULATED
from cloud.simulated.player.client import Client, Metadata, Refused
from cloud.simulated.player.instance import stamp

log = logging.getLogger(__name__)

INTERVAL, JITTER = 60.0, 1.2  # seconds, and how many times as long at most it lasts longer: as virt-handler has it
RETRY = 2.0  # seconds until a heartbeat that failed is sent again


class _Metadata(msgspec.Struct):
    annotations: dict[str, str] = {}


class _Node(msgspec.Struct):
    metadata: _Metadata


async def follow(client: Client, answer: Callable[[Mapping[str, float]], None]) -> None:
    """Tells `answer` the nodes that answer, and since when each has power, whenever that changes; for ever.

    Keeps their hearts beating.
    """
    hearts: dict[str, asyncio.Task[None]] = {}
    booted: dict[str, float] = {}
    async with asyncio.TaskGroup() as group:

        def seen(metadata: Metadata, raw: msgspec.Raw | None) -> None:
            node = metadata.name
            if raw is not None and node not in hearts:
                annotations = msgspec.json.decode(raw, type=_Node).metadata.annotations
                booted[node] = float(annotations.get(BOOTED, 0.0))
                hearts[node] = group.create_task(_beat(client, node))
                answer(booted)
            elif raw is None and node in hearts:
                del booted[node]
                hearts.pop(node).cancel()
                answer(booted)

        await client.follow("/api/v1/nodes", seen, labelSelector=f"{SIMULATED}=true,!{DOWN}")


async def _beat(client: Client, node: str) -> None:
    while True:
        labels = {"kubevirt.io/schedulable": "true", "kubevirt.io/cpumanager": "false", "cpumanager": "false"}
        beat = {"labels": labels, "annotations": {"kubevirt.io/heartbeat": stamp(time.time())}}
        try:
            await client.patch(f"/api/v1/nodes/{node}", {"metadata": beat})
            pause = INTERVAL * (1 + JITTER * random.random())
        except (Refused, aiohttp.ClientError, OSError) as error:
            log.warning("heartbeat of %s: %s", node, error)
            pause = RETRY
        await asyncio.sleep(pause)
