"""Extenders that are no use: one that is gone, one that hangs, one that answers rubbish. In a `with`, each is one; its address."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Final

LOCAL: Final = "127.0.0.1"
RUBBISH: Final = b"<html>502 Bad Gateway</html>"
LOOK_SECONDS: Final = 0.05


@contextmanager
def refusing() -> Iterator[str]:
    """Nobody listens."""
    with socket.create_server((LOCAL, 0)) as taken:
        address = _address(taken)
    yield address


@contextmanager
def hanging(seconds: float = float("inf")) -> Iterator[str]:
    """Whoever connects waits in vain; after `seconds` from the first who came connections are refused, as where it was ended."""
    over = Event()
    with socket.create_server((LOCAL, 0)) as listening:
        thread = Thread(target=_hang, args=(listening, seconds, over))
        thread.start()
        try:
            yield _address(listening)
        finally:
            over.set()
            thread.join()


def _hang(listening: socket.socket, seconds: float, over: Event) -> None:
    ends = float("inf")
    listening.settimeout(LOOK_SECONDS)
    with ExitStack() as kept, listening:
        while not over.is_set() and time.monotonic() < ends:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            kept.enter_context(connection)
            ends = min(ends, time.monotonic() + seconds)


@contextmanager
def talking_rubbish() -> Iterator[str]:
    """It answers at once, and nothing of use."""
    with ThreadingHTTPServer((LOCAL, 0), _Rubbish) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield _address(server.socket)
        finally:
            server.shutdown()


class _Rubbish(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """In one write: a second one would wait until the first is acknowledged."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(RUBBISH), RUBBISH))

    def log_message(self, *_arguments: object) -> None:
        """The figure says enough."""


def _address(listening: socket.socket) -> str:
    return f"http://{LOCAL}:{listening.getsockname()[1]}"
