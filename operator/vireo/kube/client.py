"""The connection to the API server: one place for credentials, timeouts and errors. Bodies come back as bytes, for msgspec.

The Python client knows who we are (kubeconfig, service account, tokens that are renewed); the requests are sent without it, since its
way from a body to the wire takes several times the processor time of the request itself.
"""

import os
import re
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from yaml import YAMLError
from yarl import URL

JSON: Final = "application/json"
ANSWER: Final = "application/json, */*"
"""What an answer may be. KubeVirt's acts (start, pause) answer in no type at all, and refuse to be asked for JSON only."""
APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"
METADATA_ONLY: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_ONLY_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

UNFIT: Final = "failed to create typed patch object"
"""How the API server's words begin where an apply has a field that the schema has not, or of another type."""

REQUEST_SECONDS: Final = 30.0
WATCH_SECONDS: Final = 60
"""How long the API server is asked to keep a watch open. It ends each in time, also one that had nothing to say."""
SILENCE_SECONDS: Final = WATCH_SECONDS + 10.0
"""A watch that neither says anything nor ends for so long is dead, whatever the connection looks like."""

CLOSED: Final = "the handler is closed"
"""How the words of uvloop's RuntimeError end where a connection was closed while something was being read: a process that was paused for
long finds its connections so."""
POD_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
WARNING: Final = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""A header by which the API server, or a webhook of it, says something of what it accepted."""

READ_AT_ONCE: Final = 2**21
"""Bytes: an event of a watch is a line, which must fit."""

_REQUEST = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
_WATCH = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_SECONDS, sock_read=SILENCE_SECONDS)


class ApiError(Exception):
    """The API server's refusal, or its silence (code 0), with what was tried."""

    def __init__(self, verb: str, path: str, code: int, reason: str, message: str) -> None:
        super().__init__(f"{verb} {path}: {code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later without anybody changing anything. An apply of what does not fit the schema is
        answered 500 too, and never does."""
        return self.code in {0, 408, 429} or (self.code >= 500 and not self.message.startswith(UNFIT))


@dataclass(frozen=True)
class Credentials:
    """How this process is known to the API server: files of certificates, or a token."""

    server: str
    ca_path: str | None
    certificate_path: str | None
    private_key_path: str | None
    token: str | None


def _last_word(may_write: Callable[[], bool]) -> aiohttp.TraceConfig:
    async def before_sending(_: object, __: object, request: aiohttp.TraceRequestHeadersSentParams) -> None:
        if request.method != "GET" and not may_write():
            raise ApiError(
                request.method, request.url.path, 0, "NotLeading", "not sent: another operator may lead by now"
            )

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(before_sending)
    return trace


@contextmanager
def _lost_as_no_answer(verb: str, path: str) -> Iterator[None]:
    """A connection that breaks, and an answer that does not come in time, as the error that callers know."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ApiError(verb, path, 0, "NoAnswer", str(error) or type(error).__name__) from error
    except RuntimeError as error:
        if CLOSED not in str(error):
            raise
        raise ApiError(verb, path, 0, "NoAnswer", str(error)) from error


class _Status(msgspec.Struct, rename="camel"):
    reason: str = ""
    message: str = ""


class Client:
    """Requests as bytes in, bytes out. Use as an async context manager. `namespace` is where its user works unless told otherwise."""

    def __init__(self, api: ApiClient, namespace: str = "default") -> None:
        self._api = api
        self._proxy = api.configuration.proxy or _proxy(api.configuration.host)
        self.namespace = namespace
        self.warn: Callable[[str], None] = lambda _: None
        """Told what the API server, or a webhook, says of a request that it accepts."""

    @classmethod
    async def connect(
        cls, may_write: Callable[[], bool] = lambda: True, agent: str = "", kubeconfig: str = "", context: str = ""
    ) -> Self:
        """In a pod by its service account, elsewhere by $KUBECONFIG, as kubectl does; and by the kubeconfig, or its context, that is
        named. `agent` is what an audit log says of it; without one it is the library's.

        `may_write` is asked of each write when the connection is there and before its first byte is sent. Raises ApiError where
        there are no credentials.
        """
        configuration = Configuration()
        configuration.trace_configs = [_last_word(may_write)]
        if "KUBERNETES_SERVICE_HOST" in os.environ and not (kubeconfig or context):
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            namespace = POD_NAMESPACE.read_text().strip() if POD_NAMESPACE.is_file() else ""
        else:
            found = kubeconfig or os.environ.get("KUBECONFIG")  # read now: the library reads it when it is imported
            namespace = await _load(configuration, found, context)
        api = ApiClient(configuration)
        if agent:
            api.user_agent = agent
        return cls(api, namespace or "default")

    async def __aenter__(self) -> Self:
        settings = self._api.configuration
        connector = aiohttp.TCPConnector(ssl=self._api.rest_client.ssl_context, limit=settings.connection_pool_maxsize)
        self._session = aiohttp.ClientSession(
            connector=connector, trace_configs=settings.trace_configs, read_bufsize=READ_AT_ONCE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._api.close()  # type: ignore[no-untyped-call]

    async def credentials(self) -> Credentials:
        """The credentials in force, read anew where they are short-lived, for another client of the same process."""
        found = self._api.configuration
        token = await found.get_api_key_with_prefix("BearerToken")
        return Credentials(
            server=found.host,
            ca_path=found.ssl_ca_cert,
            certificate_path=found.cert_file,
            private_key_path=found.key_file,
            token=token.split(" ", 1)[-1] if token else None,
        )

    async def request(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = ANSWER,
    ) -> bytes:
        """The answer's body. Raises ApiError for every answer but 2xx, and for none within REQUEST_SECONDS."""
        headers = {"Content-Type": content_type, "Accept": accept}
        with _lost_as_no_answer(verb, path):
            async with await self._send(verb, path, query or {}, headers, _REQUEST, body) as response:
                data = await response.read()
        if not 200 <= response.status < 300:
            raise _refusal(verb, path, response.status, data)
        for header in response.headers.getall("Warning", ()):
            for text in WARNING.findall(header):
                self.warn(re.sub(r"\\(.)", r"\1", text))
        return data

    async def lines(self, path: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The lines of a watch of WATCH_SECONDS. Raises ApiError, also after SILENCE_SECONDS without a sign of life."""
        asked = {"watch": "true", "timeoutSeconds": str(WATCH_SECONDS), **query}
        with _lost_as_no_answer("WATCH", path):
            async with await self._send("GET", path, asked, {"Accept": JSON}, _WATCH) as response:
                if response.status != 200:
                    raise _refusal("WATCH", path, response.status, await response.read())
                while line := await response.content.readline():
                    yield line

    @asynccontextmanager
    async def websocket(self, path: str, protocol: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A connection in both directions, open as long as the `with`. Raises ApiError where it can not be opened."""
        settings = self._api.configuration
        try:
            wire = await self._session.ws_connect(
                URL(f"{settings.host}{path}", encoded=True),
                protocols=(protocol,),
                headers=await self._identified({}),
                proxy=self._proxy,
                server_hostname=settings.tls_server_name,
            )
        except aiohttp.WSServerHandshakeError as error:
            await self.request("GET", path)  # the answer to it has no words, and the one to this has
            raise ApiError("CONNECT", path, error.status, "Refused", error.message) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiError("CONNECT", path, 0, "NoAnswer", str(error) or type(error).__name__) from error
        async with wire:
            yield wire

    async def _send(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str],
        headers: dict[str, str],
        limits: aiohttp.ClientTimeout,
        body: Any = None,
    ) -> aiohttp.ClientResponse:
        settings = self._api.configuration
        return await self._session.request(
            verb,
            URL(f"{settings.host}{path}?{urlencode(query)}", encoded=True),
            headers=await self._identified(headers),
            data=None if body is None else msgspec.json.encode(body),
            timeout=limits,
            proxy=self._proxy,
            server_hostname=settings.tls_server_name,
        )

    async def _identified(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with those that say who asks."""
        token = await self._api.configuration.get_api_key_with_prefix("BearerToken")
        return {**headers, "User-Agent": self._api.user_agent, **({"Authorization": token} if token else {})}


async def _load(configuration: Configuration, kubeconfig: str | None, context: str) -> str:
    """Reads the credentials of a kubeconfig; the namespace of its context. Raises ApiError."""
    with _reading(kubeconfig):
        loader = await config.load_kube_config(  # type: ignore[no-untyped-call]
            kubeconfig, context or None, client_configuration=configuration
        )
    return str(loader.current_context["context"].get("namespace") or "")


def context_names(kubeconfig: str) -> list[str]:
    """Of a kubeconfig, or of the usual one. Raises ApiError."""
    with _reading(kubeconfig):
        found, _ = config.list_kube_config_contexts(kubeconfig or None)  # type: ignore[no-untyped-call]
    return [str(one["name"]) for one in found]


@contextmanager
def _reading(kubeconfig: str | None) -> Iterator[None]:
    """Whatever is wrong with a kubeconfig is said in one way."""
    try:
        yield
    except (config.ConfigException, YAMLError, OSError) as error:
        words = " ".join(str(error).split())
        raise ApiError("CONNECT", kubeconfig or "~/.kube/config", 0, "NoCredentials", words) from error


def _proxy(server: str) -> str | None:
    """What the environment says of the way to the API server."""
    address = urlsplit(server)
    return None if urllib.request.proxy_bypass(address.netloc) else urllib.request.getproxies().get(address.scheme)


def _refusal(verb: str, path: str, code: int, data: bytes) -> ApiError:
    try:
        status = msgspec.json.decode(data, type=_Status)
    except msgspec.DecodeError:
        status = _Status(message=data[:500].decode(errors="replace"))
    return ApiError(verb, path, code, status.reason or "Error", status.message)
