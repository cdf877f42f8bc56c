"""The cloud's image registry: CNCF distribution as a host process, and the pushing of what cloud.build made."""

import hashlib
import http.client
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cloud import processes
from cloud.build import Image, binary
from cloud.build.images import REGISTRY
from cloud.processes import Process, log_file
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Step, Steps

PUSHES = 4  # at once
FILES = "files"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def deploy(settings: Settings, steps: Steps, images: Iterable[Image]) -> None:
    """Starts the registry, and returns when it holds the images."""
    with steps.step("registry") as step:
        start(settings, step)
        push(settings, images)


def start(settings: Settings, step: Step) -> None:
    """Starts the registry, and returns when it answers."""
    config = settings.dir / "registry.yaml"
    config.write_text(yaml.safe_dump(configuration(settings)))
    command = (str(binary("registry")), "serve", str(config))
    quiet = {"OTEL_TRACES_EXPORTER": "none"}
    processes.start(settings, Process("registry", command, quiet, (config,)))

    def answers() -> None:
        processes.still_running(settings, "registry")
        try:
            _Client(settings).request("GET", "/v2/")
        except OSError as error:
            raise NotYet(str(error)) from error

    step.wait(f"the registry at {settings.registry}", answers, seconds=20, log=log_file(settings, "registry"))


def configuration(settings: Settings) -> dict[str, Any]:
    """The registry's configuration: images in the cloud's folder, plain HTTP within the machine."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(settings.dir / "registry")}, "delete": {"enabled": True}},
        "http": {"addr": settings.registry},
    }


def push(settings: Settings, images: Iterable[Image]) -> None:
    """Makes the registry hold the images; what it has is not sent again. Raises Failure."""
    with ThreadPoolExecutor(PUSHES, thread_name_prefix="push") as pool:
        for _ in pool.map(lambda image: _push(settings, image), images):
            pass


def url(file: Path) -> str:
    """Where the registry serves the file, as any web server would, after `push_file`."""
    return f"http://{REGISTRY}/v2/{FILES}/blobs/{_digest(file)}"


def push_file(settings: Settings, file: Path) -> None:
    """Makes the registry hold a file that is no image."""
    _push_blob(_Client(settings), FILES, _digest(file), file)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"


@dataclass(frozen=True)
class _Answer:
    status: int
    location: str
    body: bytes


class _Client:
    """One connection to the registry."""

    def __init__(self, settings: Settings) -> None:
        host, _, port = settings.registry.rpartition(":")
        self._log = log_file(settings, "registry")
        self._connection = http.client.HTTPConnection(host, int(port), timeout=60, blocksize=1 << 20)

    def request(self, method: str, path: str, body: Any = None, content: str = "", length: int = 0) -> _Answer:
        """One request; `body` is bytes or an open file of `length` bytes. Raises Failure when refused, but for 404."""
        headers = {"Accept": MANIFEST} | ({"Content-Type": content} if content else {})
        if body is not None:
            headers["Content-Length"] = str(length)
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = _Answer(response.status, response.headers.get("Location", ""), response.read())
        if answer.status >= 400 and answer.status != 404:
            words = answer.body.decode(errors="replace")
            raise Failure(f"the registry answered {answer.status} to {method} {path}: {words}", self._log)
        return answer


def _push(settings: Settings, image: Image) -> None:
    repository, _, tag = image.reference.partition("/")[2].partition(":")
    client, blobs = _Client(settings), image.layout / "blobs" / "sha256"
    described = json.loads((image.layout / "index.json").read_text())["manifests"][0]
    manifest = (blobs / _hex(described)).read_bytes()
    path = f"/v2/{repository}/manifests"
    if client.request("GET", f"{path}/{tag}").body == manifest:
        return
    content = json.loads(manifest)
    for blob in (content["config"], *content["layers"]):
        _push_blob(client, repository, blob["digest"], blobs / _hex(blob))
    client.request("PUT", f"{path}/{tag}", manifest, MANIFEST, len(manifest))


def _push_blob(client: _Client, repository: str, digest: str, file: Path) -> None:
    if client.request("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200:
        return
    upload = client.request("POST", f"/v2/{repository}/blobs/uploads/", b"").location
    path = upload.partition("://")[2].partition("/")[2] if "://" in upload else upload.lstrip("/")
    joint = "&" if "?" in path else "?"
    with file.open("rb") as body:
        client.request("PUT", f"/{path}{joint}digest={digest}", body, "application/octet-stream", file.stat().st_size)


def _hex(descriptor: dict[str, Any]) -> str:
    return str(descriptor["digest"]).partition(":")[2]
