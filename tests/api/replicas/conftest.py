"""A namespace, with a datastore that makes nothing by itself, for operators that are processes of their own."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from api.replicas.field import Field
from api.replicas.replica import NAMESPACE
from api.server import Answer, Server

from vireo.api.resources import PLATFORM, STORAGE_CLASS, VIRTUAL_DISK
from vireo.kube.leadership import LEASES

NAMESPACES = "/api/v1/namespaces"
FINALIZERS = {"metadata": {"finalizers": None}}


@pytest.fixture
def field(
    server: Server,
    control_plane: str,
    applied: Mapping[str, Answer],  # noqa: ARG001 - the CRDs must be there
    tmp_path: Path,
) -> Iterator[Field]:
    namespace = f"field-{uuid.uuid4().hex[:8]}"
    server.must("POST", NAMESPACES, {"metadata": {"name": namespace}})
    datastore = {"metadata": {"name": f"fast-{namespace}"}, "provisioner": "tests.vireo.dev/by-hand"}
    server.must("POST", STORAGE_CLASS.path(), {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **datastore})
    field = Field(server, control_plane, namespace, tmp_path)
    try:
        yield field
    finally:
        for replica in field.replicas:
            replica.kill()
        for one in server.must("GET", VIRTUAL_DISK.path(namespace)).body["items"]:
            path = VIRTUAL_DISK.path(namespace, one["metadata"]["name"])
            server.ask("PATCH", path, FINALIZERS, "application/merge-patch+json")
        server.ask("DELETE", f"{NAMESPACES}/{namespace}")
        server.ask("DELETE", STORAGE_CLASS.path(name=f"fast-{namespace}"))
        server.ask("DELETE", LEASES.path(NAMESPACE, namespace))
        server.ask("DELETE", PLATFORM.path(name="default"))
