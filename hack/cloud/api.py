"""The cloud's API server for the parts of the cloud: read an object, apply manifests. Small, and quick to import."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

import yaml

from cloud import pki
from cloud.settings import Settings
from cloud.steps import NotYet

Object = dict[str, Any]

TIMEOUT = 30.0  # seconds for one request
RETRIED = (429, 500, 503, 504)
JSON = "application/json"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"  # what kubectl prints


class ApiError(Exception):
    """The API server refused: its status code and its own words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """The API server, asked as the administrator. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connections = threading.local()
        self._resources: dict[str, dict[str, Object]] = {}

    def get(self, path: str, **query: str) -> Object | None:
        """The object or list at that path, such as /api/v1/nodes; None if there is none. Query names use _ for -."""
        try:
            return self.request("GET", path + ("?" + urlencode(query) if query else ""))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def items(self, path: str, **query: str) -> list[Object]:
        """The objects of the list at that path; none if the resource is unknown."""
        found: list[Object] = (self.get(path, **query) or {}).get("items", [])
        return found

    def column(self, path: str, name: str) -> list[str]:
        """What `kubectl get` prints in a column of the list at that path, a row an object: a small answer also for many."""
        asked = f"{path}?includeObject=None&resourceVersion=0"
        table = self.request("GET", asked, headers={"Accept": TABLE})
        index = next(number for number, column in enumerate(table["columnDefinitions"]) if column["name"] == name)
        return [str(row["cells"][index]) for row in table.get("rows") or ()]

    def apply(self, manifest: Object) -> Object:
        """Applies the manifest (server-side, by force) and returns the object. Raises NotYet while its kind is unknown,
        or the server or one of its webhooks is not ready: call it in a `step.wait`."""
        path = f"{self.path(manifest)}?fieldManager=vireo-cloud&force=true"
        try:
            return self.request("PATCH", path, manifest, {"Content-Type": "application/apply-patch+yaml"})
        except ApiError as error:
            if error.code in RETRIED or (error.code == 404 and "namespaces" in str(error)):
                raise NotYet(f"{_name(manifest)}: {error}") from error
            raise

    def apply_all(self, manifests: Iterable[Object]) -> None:
        """Applies manifests in their order."""
        for manifest in manifests:
            self.apply(manifest)

    def merge(self, path: str, change: Mapping[str, Any]) -> Object:
        """Merges the change into the object at that path."""
        return self.request("PATCH", path, change, {"Content-Type": "application/merge-patch+json"})

    def delete(self, path: str) -> None:
        """Deletes the object at that path, if there is one."""
        try:
            self.request("DELETE", path)
        except ApiError as error:
            if error.code != 404:
                raise

    def path(self, manifest: Object) -> str:
        """The path of the object. Raises NotYet while the server does not know its kind."""
        version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
        resource = self._resource(version, kind)
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        scope = f"/namespaces/{metadata.get('namespace', 'default')}" if resource["namespaced"] else ""
        return f"{root}{scope}/{resource['name']}/{quote(metadata['name'])}"

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Object:
        """One request; `headers` go before the usual ones. Raises ApiError when refused, NotYet when there is no
        server, or one that is too busy to look."""
        answer = self._asked(method, path, body, headers)
        return dict(json.loads(answer)) if answer.startswith(b"{") else {}

    def text(self, path: str) -> str:
        """What is not JSON: the page of a pod, through the API server. Raises as `request` does."""
        return self._asked("GET", path, None, {"Accept": "*/*"}).decode()

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> bytes:
        payload = None if body is None else json.dumps(body)
        try:
            response, answer = self._send(method, path, payload, {"Content-Type": JSON, "Accept": JSON, **headers})
        except (OSError, http.client.HTTPException) as error:
            raise NotYet(f"the API server at {self._settings.api_address}: {error or type(error).__name__}") from error
        if method == "GET" and response.status in RETRIED:
            raise NotYet(f"the API server at {self._settings.api_address}: {_words(answer)}")
        if response.status >= 400:
            raise ApiError(response.status, _words(answer))
        return answer

    def _send(
        self, method: str, path: str, payload: str | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = getattr(self._connections, "one", None)
        if connection is None:
            address = str(self._settings.api_address)
            connection = http.client.HTTPSConnection(address, 6443, timeout=TIMEOUT, context=self._tls)
            self._connections.one = connection
        try:
            response = self._answer(connection, method, path, payload, headers)
            return response, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # opened anew by the next request
            raise

    def _answer(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        payload: str | None,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        """What the server answers. It may have closed a connection that was not used for long: then on a new one."""
        used = connection.sock is not None
        try:
            connection.request(method, path, payload, dict(headers))
            return connection.getresponse()
        except (ConnectionError, ssl.SSLError):
            connection.close()
            if not used:
                raise
            connection.request(method, path, payload, dict(headers))
            return connection.getresponse()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        admin = pki.pair(self._settings, "admin")
        context = ssl.create_default_context(cafile=str(pki.pair(self._settings, "ca").certificate))
        context.load_cert_chain(admin.certificate, admin.key)
        return context

    def _resource(self, version: str, kind: str) -> Object:
        if kind not in self._resources.get(version, {}):
            known = self.get(f"/apis/{version}" if "/" in version else f"/api/{version}") or {}
            self._resources[version] = {
                resource["kind"]: resource for resource in known.get("resources", []) if "/" not in resource["name"]
            }
        if kind not in self._resources[version]:
            raise NotYet(f"the API server does not know {kind} of {version} yet")
        return self._resources[version][kind]


def documents(text: str) -> list[Object]:
    """The objects of a YAML stream; lists are taken apart."""
    found: list[Object] = []
    for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if document:
            found += document["items"] if document["kind"] == "List" else [document]
    return found


def condition(item: Object, name: str) -> Object:
    """The condition of that type, or an empty one."""
    conditions = item.get("status", {}).get("conditions", [])
    return next((found for found in conditions if found["type"] == name), {})


def _name(manifest: Object) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def _words(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")
