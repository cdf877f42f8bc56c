"""The local cloud with real nodes, as `make up` leaves it, and a user in a namespace of its own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.user import MACHINES, User, machine

from cloud import registry
from cloud.build import image
from cloud.settings import Settings
from cloud.simulated import namespace_annotations


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The cloud in force. The tier brings it up; by hand: make up."""
    found = Settings.running()
    assert found.index >= 0, f"there is no cloud in {found.dir}: make up"
    assert found.real_nodes >= 2, (
        f"the cloud in {found.dir} has {found.real_nodes} real nodes: these tests migrate between two"
    )
    return found


@pytest.fixture(scope="session")
def tools(settings: Settings) -> None:
    """The image of the pods that write and read volumes."""
    registry.push(settings, [image("tools")])


@pytest.fixture(scope="session")
def namespaces() -> Iterator[list[str]]:
    """Those that tests have left to be deleted meanwhile; in the end all of them must be gone."""
    left: list[str] = []
    yield left
    user = User(Settings.running(), "default")
    for name in left:
        user.until_gone("namespaces", name)


@pytest.fixture
def user(settings: Settings, namespaces: list[str]) -> Iterator[User]:
    """In a namespace of its own, which is deleted while the next test runs."""
    with _new_user(settings, namespaces) as user:
        yield user


@pytest.fixture(scope="module")
def tenant(settings: Settings, namespaces: list[str]) -> Iterator[User]:
    """One for all tests of a module."""
    with _new_user(settings, namespaces) as user:
        yield user


@pytest.fixture(scope="module")
def owner(tenant: User) -> User:
    """The tenant, who has a machine `a` that runs."""
    tenant.apply(machine("a"))
    tenant.until_ready(MACHINES, "a", "Running")
    return tenant


@pytest.fixture(scope="session")
def simulated() -> Settings:
    """The cloud in force, with or without real nodes."""
    found = Settings.running()
    assert found.index >= 0 and found.simulated_nodes, f"the cloud in {found.dir} has no simulated nodes: make up"  # noqa: PT018
    return found


@pytest.fixture
def there(simulated: Settings, namespaces: list[str]) -> Iterator[User]:
    """A user in a namespace whose work goes to simulated nodes; it is deleted while the next test runs."""
    user = User(simulated, f"test-{uuid.uuid4().hex[:8]}")
    meta = {"name": user.namespace, "annotations": namespace_annotations()}
    user.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    namespaces.append(user.namespace)
    try:
        yield user
    finally:
        user.kubectl("delete", "namespace", user.namespace, "--wait=false")
        user.kubectl("delete", "persistentvolumes", f"--selector=claims-in={user.namespace}", "--wait=false")


@contextmanager
def _new_user(settings: Settings, namespaces: list[str]) -> Iterator[User]:
    user = User(settings, f"test-{uuid.uuid4().hex[:8]}")
    user.kubectl("create", "namespace", user.namespace)
    namespaces.append(user.namespace)
    try:
        yield user
    finally:
        user.kubectl("delete", "namespace", user.namespace, "--wait=false")
