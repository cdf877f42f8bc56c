"""The plugin against an API server that is played: as it is called, and as a process of its own."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import yaml
from aiohttp import web
from plugin.objects import NOW

from vireo.plugin.main import main

PROJECT = Path(__file__).parents[2]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def kubeconfig(path: Path, server: str) -> Path:
    """A kubeconfig of two contexts: `here`, in namespace shop, and `there`."""
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": {"token": "secret"}}],
                "contexts": [
                    {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
                    {"name": "there", "context": {"cluster": "c", "user": "u"}},
                ],
            }
        )
    )
    return path


@asynccontextmanager
async def played(path: Path, answers: Mapping[str, Handler]) -> AsyncIterator[Path]:
    """An API server that has these answers by path, and knows nothing else; its kubeconfig."""

    async def answer(request: web.Request) -> web.StreamResponse:
        handler = answers.get(request.path)
        if handler is None:
            return web.json_response({"kind": "Status", "reason": "NotFound", "message": "not found"}, status=404)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield kubeconfig(path / "kubeconfig", site.name)
    finally:
        await runner.cleanup()


def answer(value: object, status: int = 200) -> Handler:
    """The same answer each time."""

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.json_response(text=json.dumps(value), status=status)

    return handler


async def start(kubeconfig: Path, *arguments: str, stdin: int, stdout: int) -> asyncio.subprocess.Process:
    """The plugin as a process of its own; what it says on standard error is its `stderr`."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vireo.process.plugin", *arguments),
        stdin=stdin,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "operator"), "KUBECONFIG": str(kubeconfig)},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # who runs in the background of a script ignores it, and so do its children
    )


async def run(kubeconfig: Path, *arguments: str) -> tuple[int, str, str]:
    """The exit code and what is said, where standard output is no terminal. In a thread of this process: one of its own takes
    seconds to begin."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = await asyncio.to_thread(main, ["--kubeconfig", str(kubeconfig), *arguments], lambda: NOW)
    return code, out.getvalue(), err.getvalue()
