"""A town: a control plane on which the parts that a shop needs are played, an operator as a process, and namespaces for shops."""

import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from api.conftest import served
from api.orders.others import THEIRS, Others, crd, make, parts
from api.orders.town import Town
from api.replicas.field import Field
from api.replicas.replica import NAMESPACE
from api.server import MERGE, Answer, Server

from vireo.api.resources import NAMESPACE as NAMESPACES
from vireo.api.resources import Resource
from vireo.kinds import KINDS
from vireo.kube.leadership import LEASES


@pytest.fixture(scope="module")
def town(
    control_plane: str,
    applied: Mapping[str, Answer],  # noqa: ARG001 - the CRDs must be there
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    server, name = Server(control_plane), f"town-{uuid.uuid4().hex[:8]}"
    field = Field(server, control_plane, name, tmp_path_factory.mktemp(name))
    with _parts(server, name), _others(Server(control_plane), name):
        town = Town(field)
        try:
            yield town
        finally:
            for replica in field.replicas:
                replica.kill()
            for resource in (kind.resource for kind in KINDS):  # of a shop that did not go well
                _let_go(server, resource)
            for namespace in town.namespaces:
                server.ask("DELETE", NAMESPACES.path(name=namespace))
            server.ask("DELETE", LEASES.path(NAMESPACE, name))


@contextmanager
def _parts(server: Server, name: str) -> Iterator[None]:
    with served(server, [crd(resource) for resource in THEIRS]):
        made = dict(parts(name))
        for key, body in made.items():
            make(server, key, body)
        try:
            yield
        finally:
            for key in made:
                server.ask("DELETE", key.resource.path(key.namespace, key.name))
            for resource in THEIRS:
                _let_go(server, resource)


def _let_go(server: Server, resource: Resource) -> None:
    """Nobody is left who would end its objects in order."""
    for one in server.must("GET", resource.path()).body["items"]:
        meta = one["metadata"]
        path = resource.path(meta.get("namespace", ""), meta["name"])
        server.ask("DELETE", path)
        server.ask("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)


@contextmanager
def _others(server: Server, node: str) -> Iterator[None]:
    others = Others(server, node)
    with ThreadPoolExecutor(1) as pool:
        life = pool.submit(others.live)
        try:
            yield
        finally:
            others.end()
            life.result()
