"""A web server of a test's own, for files that come when the test lets them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from cloud.settings import Settings


@dataclass
class HeldFile:
    """A file whose first half is sent at once, and whose second half only when `released` is set."""

    content: bytes
    url: str = ""
    released: Event = field(default_factory=Event)


@contextmanager
def held_file(settings: Settings, content: bytes) -> Iterator[HeldFile]:
    """Serves it where pods reach it. Released at the end, so that no reader is left hanging."""
    file = HeldFile(content)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            half = len(content) // 2
            self.wfile.write(content[:half])
            self.wfile.flush()
            file.released.wait()
            self.wfile.write(content[half:])

        def log_message(self, *_arguments: object) -> None:
            """The test says what it saw."""

    with ThreadingHTTPServer((str(settings.network.host), 0), Handler) as server:
        file.url = f"http://{settings.network.host}:{server.server_port}/file"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield file
        finally:
            file.released.set()
            server.shutdown()
