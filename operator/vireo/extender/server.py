"""The extender's server: a question in, an answer out, on the loop of whoever keeps the table.

httptools parses what comes in, as in uvicorn. A question is answered where its last byte is read, one after the other: so the table needs
no lock, and nobody else has to be woken up for it, which would take longer than a ranking of a few hundred nodes.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

import httptools

from vireo.extender.protocol import Args, BadArgsError, read

log = logging.getLogger(__name__)

PATH: Final = b"/prioritize"
MOST_BYTES: Final = 16 * 2**20
"""5,000 names and a whole pod are 300 KB."""

ANSWERED: Final = "answered"
BAD: Final = "bad"
FAILED: Final = "failed"

Handler = Callable[[Args], bytes]
"""The answer to what is asked. May raise BadArgsError."""

_JSON: Final = b"application/json"
_TEXT: Final = b"text/plain; charset=utf-8"


@dataclass
class Extender:
    """What answers a scheduler. `count` is told the outcome of each question: a word, and the seconds that it took."""

    handler: Handler
    count: Callable[[str, float], None] = lambda *_: None

    def respond(self, body: bytes) -> tuple[HTTPStatus, bytes]:
        """JSON where all is well, else words."""
        start = time.perf_counter()
        try:
            answer = self.handler(read(body))
        except BadArgsError as error:
            self.count(BAD, time.perf_counter() - start)
            log.warning("a question is not answered: %s", error)
            return HTTPStatus.BAD_REQUEST, f"{error}\n".encode()
        except Exception:
            self.count(FAILED, time.perf_counter() - start)
            log.exception("a question is not answered")
            return HTTPStatus.INTERNAL_SERVER_ERROR, b"the extender failed\n"
        self.count(ANSWERED, time.perf_counter() - start)
        return HTTPStatus.OK, answer


class Connection(asyncio.Protocol):
    """One connection; a scheduler's stays. Whatever is not answered with scores ends it, so that nothing behind it is misread."""

    _transport: asyncio.Transport

    def __init__(self, extender: Extender, opened: "set[Connection]") -> None:
        self._extender, self._opened = extender, opened
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._url, self._parts, self._size = b"", list[bytes](), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self._opened.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._opened.discard(self)

    def abort(self) -> None:
        """Ends it at once."""
        self._transport.abort()

    def pause_writing(self) -> None:
        """Who does not read its answers is not asked for more questions."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, f"this is not HTTP: {error}\n".encode())

    def on_message_begin(self) -> None:
        """The parser says so, as of all that follows."""
        self._begin()

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= MOST_BYTES:
            self._parts.append(part)
        else:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"more than %d bytes\n" % MOST_BYTES)

    def on_message_complete(self) -> None:
        if self._url.partition(b"?")[0] != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, b"there is %s only\n" % PATH)
        elif self._parser.get_method() != b"POST":
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, b"%s takes POST only\n" % PATH, b"allow: POST\r\n")
        elif not self._transport.is_closing():
            self._answer()

    def _answer(self) -> None:
        status, body = self._extender.respond(b"".join(self._parts))
        if status != HTTPStatus.OK:
            self._refuse(status, body)
            return
        self._write(status, _JSON, body)
        if not self._parser.should_keep_alive():
            self._transport.close()

    def _refuse(self, status: HTTPStatus, words: bytes, headers: bytes = b"") -> None:
        if not self._transport.is_closing():
            self._write(status, _TEXT, words, headers + b"connection: close\r\n")
            self._transport.close()

    def _write(self, status: HTTPStatus, type_: bytes, body: bytes, headers: bytes = b"") -> None:
        head = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n%s\r\n"
        self._transport.write(head % (status, status.phrase.encode(), type_, len(body), headers) + body)


async def serve(extender: Extender, port: int, host: str = "127.0.0.1") -> None:
    """Serves until cancelled, in the running loop. Raises RuntimeError where the address can not be had."""
    opened: set[Connection] = set()
    try:
        server = await asyncio.get_running_loop().create_server(lambda: Connection(extender, opened), host, port)
    except OSError as error:
        raise RuntimeError(f"{host}:{port}: {os.strerror(error.errno) if error.errno else error}") from None
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        for connection in list(opened):
            connection.abort()
