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
    queue: Queue


async def serve(health: Health, metrics: Metrics, port: int) -> None:
    """Serves until cancelled. That it answers at all says that the loop turns: that is what alive means here."""
    application = web.Application()
    application.router.add_get("/livez", lambda _request: _text(web.Response(text="ok")))
    application.router.add_get("/readyz", lambda _request: _text(_ready(health)))
    application.router.add_get("/metrics", lambda _request: _text(_metrics(health, metrics)))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _text(response: web.Response) -> web.Response:
    return response


def _ready(health: Health) -> web.Response:
    if health.ready():
        return web.Response(text="ok")
    return web.Response(status=503, text="not all objects have been seen yet")


def _metrics(health: Health, metrics: Metrics) -> web.Response:
    return web.Response(body=metrics.page(health.queue.depth), headers={"Content-Type": metrics.CONTENT_TYPE})
