"""Health and metrics over HTTP: /livez, /readyz, /metrics."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST


@dataclass(frozen=True)
class Health:
    """What the probes and Prometheus ask: why the process is not ready (empty: it is), and the page of its metrics."""

    not_ready: Callable[[], str]
    page: Callable[[], bytes]


async def serve(health: Health, port: int) -> None:
    """Serves until cancelled. That it answers at all says that the loop turns: that is what alive means here."""

    async def livez(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        reason = health.not_ready()
        return web.Response(status=503, text=reason) if reason else web.Response(text="ok")

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=health.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", page)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, None, port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
