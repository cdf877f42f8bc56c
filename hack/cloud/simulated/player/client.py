"""The API server for the player: list and watch, and the few writes that virt-handler makes. Raw JSON in, raw JSON out.

Its watches never end: they come back after any error with a new list, and tell what vanished meanwhile.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Self

import aiohttp
import msgspec

log = logging.getLogger(__name__)

AGENT = "virt-handler"  # what managedFields call the writer, as for the real one
RETRY = 1.0  # seconds until a watch that could not be opened is tried again
WATCH_SECONDS = 290  # after which the API server ends a watch, and silence means that it is dead
LIMIT = 500  # objects a page
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Refused(Exception):  # noqa: N818 - the API server's answer, which the caller may have expected
    """The API server's answer was an error."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.code = code


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMetadata
    items: list[msgspec.Raw]


class _Change(msgspec.Struct):
    type: str
    object: msgspec.Raw


class Metadata(msgspec.Struct, rename="camel"):
    """What every object is known by."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""

    @property
    def key(self) -> str:
        """NAMESPACE/NAME."""
        return f"{self.namespace}/{self.name}"


class Known(msgspec.Struct):
    """An object, as far as a watch needs to read it."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)
    code: int = 0  # of a Status, which a watch sends when it must begin anew


Seen = Callable[[Metadata, msgspec.Raw | None], None]  # the object, None when it is gone


class Client:
    """A connection pool to one API server, with the identity of `tls`. Use it as a context."""

    def __init__(self, server: str, tls: ssl.SSLContext) -> None:
        self._server, self._tls = server, tls

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=64)
        headers = {"User-Agent": f"{AGENT}/simulated", "Accept": "application/json"}
        self._http = aiohttp.ClientSession(self._server, connector=connector, headers=headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def put(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Replaces the object and returns it as it then is. Raises Refused: 409 if somebody was faster."""
        return await self._send("PUT", path, body)

    async def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Creates an object. Raises Refused."""
        return await self._send("POST", path, body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Merges into the object, lists by their keys. Raises Refused."""
        return await self._send("PATCH", path, body, "application/strategic-merge-patch+json")

    async def _send(self, method: str, path: str, body: Mapping[str, Any], kind: str = "application/json") -> bytes:
        data, headers = msgspec.json.encode(body), {"Content-Type": kind}
        async with self._http.request(method, path, data=data, headers=headers, timeout=REQUEST_TIMEOUT) as response:
            return await _answer(response)

    async def follow(self, path: str, seen: Seen, listed: Callable[[], None] | None = None, **query: str) -> None:
        """Tells `seen` every object at that path and every change of it, for ever; `listed` after each full list.

        A kind that the server does not know (yet) is waited for.
        """
        keys: set[str] = set()
        while True:
            try:
                version, keys = await self._list(path, seen, keys, query)
                if listed is not None:
                    listed()
                while True:
                    version = await self._watch(path, seen, keys, query | {"resourceVersion": version})
                    await asyncio.sleep(RETRY)
            except (Refused, aiohttp.ClientError, OSError) as error:
                log.info("watch of %s: %s", path, error)
                await asyncio.sleep(RETRY)

    async def _list(self, path: str, seen: Seen, before: set[str], query: Mapping[str, str]) -> tuple[str, set[str]]:
        """Lists in pages. Returns the list's version and the keys that are there; those that are not any more are gone."""
        keys, page = set[str](), ""
        while True:
            more = {"limit": str(LIMIT)} | ({"continue": page} if page else {})
            async with self._http.get(path, params={**query, **more}, timeout=REQUEST_TIMEOUT) as response:
                answer = msgspec.json.decode(await _answer(response), type=_Page)
            for item in answer.items:
                metadata = msgspec.json.decode(item, type=Known).metadata
                keys.add(metadata.key)
                seen(metadata, item)
            page = answer.metadata.continue_
            if not page:
                break
        for key in before - keys:
            namespace, _, name = key.partition("/")
            seen(Metadata(name, namespace), None)
        return answer.metadata.resource_version, keys

    async def _watch(self, path: str, seen: Seen, keys: set[str], query: Mapping[str, str]) -> str:
        """Watches until the server ends it, and returns the version to go on from. Raises Refused if there is none."""
        version = query["resourceVersion"]
        async for change in self._changes(path, query):
            known = msgspec.json.decode(change.object, type=Known)
            if change.type == "ERROR":
                raise Refused(known.code, "the watch is too old")
            version = known.metadata.resource_version
            if change.type == "DELETED":
                keys.discard(known.metadata.key)
                seen(known.metadata, None)
            elif change.type != "BOOKMARK":
                keys.add(known.metadata.key)
                seen(known.metadata, change.object)
        return version

    async def _changes(self, path: str, query: Mapping[str, str]) -> AsyncIterator[_Change]:
        asked = {**query, "watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=WATCH_SECONDS + 30)
        async with self._http.get(path, params=asked, timeout=timeout) as response:
            if response.status != 200:
                await _answer(response)
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield msgspec.json.decode(line, type=_Change)


async def _answer(response: aiohttp.ClientResponse) -> bytes:
    answer = await response.read()
    if response.status >= 400:
        raise Refused(response.status, answer.decode(errors="replace")[:500])
    return answer
