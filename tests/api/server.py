"""The API server as the tests of the API ask it: one request, the whole answer."""

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON = "application/json"


@dataclass(frozen=True)
class Cause:
    """One reason of a refusal: the path of the field, and the API server's words."""

    field: str
    message: str


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP code, the body, and the texts of the Warning headers."""

    code: int
    body: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        found = self.body.get("details", {}).get("causes", ())
        return tuple(Cause(cause.get("field", ""), cause["message"]) for cause in found)

    def __str__(self) -> str:
        causes = "".join(f"\n  {cause.field}: {cause.message}" for cause in self.causes)
        return f"{self.code} {self.body.get('message', '')}{causes} {self.warnings or ''}"


class Server:
    """A real API server, asked with a kubeconfig's credentials."""

    def __init__(self, kubeconfig: str) -> None:
        settings = client.Configuration()
        config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]
        self._url = settings.host
        self._pool = urllib3.PoolManager(
            ca_certs=settings.ssl_ca_cert, cert_file=settings.cert_file, key_file=settings.key_file
        )
        self._headers = {"Accept": JSON}

    def as_user(self, name: str) -> "Server":
        """The same server, asked by somebody else (kubectl's --as)."""
        other = copy(self)
        other._headers = {**self._headers, "Impersonate-User": name}
        return other

    def ask(self, method: str, path: str, body: Any = None, kind: str = JSON, **query: str) -> Answer:
        """Sends the request and returns the answer, whatever its code. Unknown fields are refused."""
        strict = {"fieldValidation": "Strict"} if method in ("POST", "PUT", "PATCH") else {}
        response = self._pool.request(
            method,
            f"{self._url}{path}?{urlencode(strict | query)}",
            body=None if body is None else json.dumps(body),
            headers={**self._headers, "Content-Type": kind},
            timeout=30,
        )
        return Answer(response.status, _body(response.data), tuple(response.headers.getlist("Warning")))

    def must(self, method: str, path: str, body: Any = None, kind: str = JSON, **query: str) -> Answer:
        """The same, for what a test needs before it begins: any refusal fails it."""
        answer = self.ask(method, path, body, kind, **query)
        assert answer.code < 300, f"{method} {path}: {answer}"
        return answer


def _body(data: bytes) -> Mapping[str, Any]:
    """The answer's object; the API server says in plain text that it does not know a path."""
    body: Mapping[str, Any] = json.loads(data) if data.startswith(b"{") else {"message": data.decode().strip()}
    return body
