"""The wire to the API server, in a test's hands: it can be cut, or fall silent with the connection still up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from vireo.kube.client import Client


class Wire:
    """A TCP proxy on a port of this host. Bytes pass as they are: TLS ends at the client and at the API server."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._plugged_in = asyncio.Event()
        self._plugged_in.set()
        self.connections = 0
        self.port = 0

    @asynccontextmanager
    async def stretched(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Every connection ends, without a word."""
        for end in self._open:
            end.transport.abort()

    def fall_silent(self) -> None:
        """No connection that there is carries anything any more, and none ends."""
        self._silent |= self._open

    def unplug(self) -> None:
        """Until it is plugged in, new connections are taken and carry nothing."""
        self._plugged_in.clear()

    def plug_in(self) -> None:
        """Those that wait go on."""
        self._plugged_in.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._plugged_in.wait()
        there, back = await asyncio.open_connection(*self._to)
        ends = {writer, back}
        self._open |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back))
                group.create_task(self._pass_on(there, writer))
        finally:
            self._open -= ends
            for end in ends:
                end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**16):
                if writer not in self._silent:
                    writer.write(data)
                    await writer.drain()
        if writer not in self._silent:
            writer.close()


@asynccontextmanager
async def over_a_wire(kubeconfig: str) -> AsyncIterator[tuple[Wire, Client]]:
    """A client whose connections pass a wire that the test holds."""
    configuration = Configuration()
    await config.load_kube_config(kubeconfig, client_configuration=configuration)  # type: ignore[no-untyped-call]
    server = urlsplit(configuration.host)
    assert server.hostname is not None
    assert server.port is not None
    async with Wire(server.hostname, server.port).stretched() as wire:
        configuration.host = f"https://127.0.0.1:{wire.port}"
        configuration.tls_server_name = server.hostname
        async with Client(ApiClient(configuration)) as client:
            yield wire, client
