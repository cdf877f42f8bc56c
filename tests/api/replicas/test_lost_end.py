"""The API server may delete an object past a finalizer that came while it deleted: what the finalizer is for is done all the same."""

import pytest
from api.replicas.field import Field
from support import etcd

from vireo.api.names import FINALIZER
from vireo.api.resources import VIRTUAL_DISK, Key

pytestmark = pytest.mark.api


def test_a_disk_that_was_deleted_past_its_finalizer_leaves_no_claim(field: Field) -> None:
    field.start()
    field.disk("a")
    field.until(lambda: field.has_claim("a"))
    disk = field.server.must("GET", VIRTUAL_DISK.path(field.namespace, "a")).body
    assert disk["metadata"]["finalizers"] == [FINALIZER]
    etcd.delete(field.kubeconfig, Key(VIRTUAL_DISK, field.namespace, "a"))
    field.until(lambda: not field.has_claim("a"))
    field.disk("a")
    field.until(lambda: field.has_claim("a"))
