"""The extender's server: a question in, an answer out, on the loop of whoever keeps the table.

Granian reads and writes in a thread of its own; what is asked is answered in this loop, one after the other, so that the table needs no
lock. What it answers takes about a millisecond, and so does not hold the loop up.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]
from granian.server.embed import Server

from vireo.extender.protocol import Args, BadArgsError, Fragments, Scores, read

log = logging.getLogger(__name__)

PATH: Final = "/prioritize"
MOST_BYTES: Final = 16 * 2**20
"""5,000 names and a whole pod are 300 KB."""
END_SECONDS: Final = 2.0
"""Within which what is being answered is ended when the server is told to stop."""

ANSWERED: Final = "answered"
BAD: Final = "bad"
FAILED: Final = "failed"

Handler = Callable[[Args], Scores | bytes]
"""The scores for what is asked, or the whole answer. May raise BadArgsError."""

_JSON: Final = [("content-type", "application/json")]
_TEXT: Final = [("content-type", "text/plain; charset=utf-8")]


@dataclass
class Extender:
    """An RSGI application that answers a scheduler. `count` is told the outcome of each question: a word, and the seconds that it took."""

    handler: Handler
    count: Callable[[str, float], None] = lambda *_: None
    fragments: Fragments = field(default_factory=Fragments)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request of whomever."""
        if scope.path != PATH:
            protocol.response_str(404, _TEXT, f"there is {PATH} only\n")
        elif scope.method != "POST":
            protocol.response_str(405, [*_TEXT, ("allow", "POST")], f"{PATH} takes POST only\n")
        elif (body := await _body(scope, protocol)) is None:
            protocol.response_str(413, [*_TEXT, ("connection", "close")], f"more than {MOST_BYTES} bytes\n")
        else:
            self._answer(body, protocol)

    def _answer(self, body: bytes, protocol: HTTPProtocol) -> None:
        start = time.perf_counter()
        try:
            answer = self.answer(body)
        except BadArgsError as error:
            self.count(BAD, time.perf_counter() - start)
            log.warning("a question is not answered: %s", error)
            protocol.response_str(400, _TEXT, f"{error}\n")
        except Exception:
            self.count(FAILED, time.perf_counter() - start)
            log.exception("a question is not answered")
            protocol.response_str(500, _TEXT, "the extender failed\n")
        else:
            self.count(ANSWERED, time.perf_counter() - start)
            protocol.response_bytes(200, _JSON, answer)

    def answer(self, body: bytes) -> bytes:
        """The answer to one question. Raises BadArgsError."""
        args = read(body)
        found = self.handler(args)
        return found if isinstance(found, bytes) else self.fragments.answer(args.names, found)


async def _body(scope: Scope, protocol: HTTPProtocol) -> bytes | None:
    """All of it; None where it is too large."""
    length = scope.headers.get("content-length")
    if length is not None:
        return await protocol() if int(length) <= MOST_BYTES else None
    body = bytearray()
    async for part in protocol:
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def serve(extender: Extender, port: int, host: str = "127.0.0.1") -> None:
    """Serves until cancelled, in the running loop. Signals are left to the caller. Raises RuntimeError if the server ends by itself."""
    server = Server(
        extender,
        host,
        port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MOST_BYTES),
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig={"incremental": True, "handlers": {}, "loggers": {}},  # else it sets up logging anew for all
    )
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
        raise RuntimeError("it ended by itself")
    except RuntimeError as error:
        raise RuntimeError(
            f"{host}:{port}: {str(error).partition(chr(10))[0]}"
        ) from None  # behind it comes Rust's stack
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([serving], timeout=END_SECONDS)
