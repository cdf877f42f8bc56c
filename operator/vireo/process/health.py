"""Health and metrics over HTTP: /livez, /readyz, /metrics."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from vireo.process.metrics import Metrics
from vireo.reconcile.queue import Queue


@dataclass(frozen=True)
class Health:
    """What the probes ask."""

    ready: Callable[[], bool]
    leads: Callable[[], bool]
    queue: Queue


async def serve(health: Health, metrics: Metrics, port: int) -> None:
    """Serves until cancelled. That it answers at all says that the loop turns: that is what alive means here."""

    async def livez(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        if health.ready():
            return web.Response(text="ok")
        return web.Response(status=503, text="not all objects have been seen yet")

    async def page(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.page(health.queue, leads=health.leads()), headers={"Content-Type": metrics.CONTENT_TYPE}
        )

    application = web.Application()
    application.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", page)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
