"""The loop that the operator runs on: what it does with a connection that is called off on its way."""

import asyncio
import os
import socket

import uvloop


def test_a_connection_that_is_called_off_closes_its_socket_once() -> None:
    """A second close would meet whatever another thread has opened under that number since: the operator has three that do."""

    async def call_off(listener: socket.socket) -> None:
        loop, ours = asyncio.get_running_loop(), socket.socket()
        ours.setblocking(False)
        await loop.sock_connect(ours, listener.getsockname())
        connecting = asyncio.create_task(loop.create_connection(asyncio.Protocol, sock=ours))
        await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait([connecting])
        others = os.open(os.devnull, os.O_RDONLY)
        ours.close()
        os.close(others)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        uvloop.run(call_off(listener))
