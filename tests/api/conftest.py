"""A control plane with Vireo's CRDs, and a namespace in it."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from api.server import APPLY, Answer, Server
from support.waiting import until

from generate.crds import AnyKind

FILES = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACES = "/api/v1/namespaces"
DEADLINE_SECONDS = 30

Object = Mapping[str, Any]
Stored = Callable[[AnyKind, Object], AbstractContextManager[Object]]


@pytest.fixture(scope="session")
def applied(control_plane: str) -> Mapping[str, Answer]:
    """What the API server answered to each generated CRD, by the CRD's name; all are served by now."""
    server = Server(control_plane)
    manifests = [yaml.safe_load(file.read_text()) for file in FILES]
    answers = {one["metadata"]["name"]: _apply(server, one) for one in manifests}
    for manifest in manifests:
        wait_until_served(server, manifest)
    return answers


@pytest.fixture(scope="session")
def server(control_plane: str, applied: Mapping[str, Answer]) -> Server:  # noqa: ARG001 - the CRDs must be there
    return Server(control_plane)


@pytest.fixture(scope="session")
def namespace(server: Server) -> Iterator[str]:
    """A namespace of these tests; it goes with what is in it."""
    name = f"rules-{uuid.uuid4().hex[:8]}"
    server.must("POST", NAMESPACES, {"metadata": {"name": name}})
    yield name
    server.must("DELETE", f"{NAMESPACES}/{name}")


@pytest.fixture
def stored(server: Server, namespace: str) -> Stored:
    """Stores an object with its status, in a `with`."""

    @contextmanager
    def store(kind: AnyKind, given: Object) -> Iterator[Object]:
        made = server.must("POST", kind.resource.path(namespace), given).body
        path = kind.resource.path(namespace, made["metadata"]["name"])
        try:
            if "status" in given:
                made = server.must("PUT", f"{path}/status", {**made, "status": given["status"]}).body
            yield made
        finally:
            server.must("DELETE", path)

    return store


def _apply(server: Server, crd: Mapping[str, Any]) -> Answer:
    return server.ask(
        "PATCH", f"{CRDS}/{crd['metadata']['name']}", crd, APPLY, fieldManager="vireo-tests", force="true"
    )


@contextmanager
def served(server: Server, crds: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Other people's kinds, which other tests have a cluster without: at the end they are gone, and with them their objects."""
    for crd in crds:
        server.must("POST", CRDS, crd)
    with ThreadPoolExecutor(len(crds)) as pool:  # of each the first look takes a second
        list(pool.map(partial(wait_until_served, server), crds))
    try:
        yield
    finally:
        paths = [f"{CRDS}/{crd['metadata']['name']}" for crd in crds]
        for path in paths:
            server.must("DELETE", path)
        for path in paths:
            until(partial(_is_gone, server, path))


def _is_gone(server: Server, path: str) -> bool:
    return server.ask("GET", path).code == 404


def wait_until_served(server: Server, crd: Mapping[str, Any]) -> None:
    spec = crd["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (answer := server.ask("GET", path)).code != 200:
        assert time.monotonic() < deadline, f"{path} is not served after {DEADLINE_SECONDS} s: {answer}"
        time.sleep(0.05)
