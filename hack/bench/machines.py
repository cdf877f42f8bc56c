"""Machines for benchmarks: Vireo's, and the same as a plain KubeVirt machine, each with its seconds to the greeting."""

import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from cloud.api import Api, Object
from cloud.console import Console
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Steps

VIREO, KUBEVIRT = "vireo.dev/v1alpha1", "kubevirt.io/v1"
GUEST = "registry.local/guest:1"
GREETING = r"Welcome to "
PATIENCE = 120.0  # seconds for one machine


@dataclass(frozen=True)
class Field:
    """A namespace for benchmarks."""

    settings: Settings
    api: Api
    namespace: str

    def machine(self, name: str, **spec: object) -> Object:
        """Vireo's machine of that name."""
        hardware = {"cpu": {"cores": 1}, "memory": "256Mi"}
        wanted = {"hardware": hardware, "bootDisk": {"image": GUEST}, **spec}
        return {"apiVersion": VIREO, "kind": "VirtualMachine", "metadata": self._named(name), "spec": wanted}

    def disk(self, name: str, **spec: object) -> Object:
        """Vireo's disk of that name."""
        spec = {"size": "1Gi", "deletionPolicy": "Delete", **spec}
        return {"apiVersion": VIREO, "kind": "VirtualDisk", "metadata": self._named(name), "spec": spec}

    def plain(self, name: str, like: str) -> Object:
        """A KubeVirt machine with the spec that Vireo gave to `like`."""
        made = self.api.get(self.path(KUBEVIRT, like))
        if made is None:
            raise Failure(f"there is no KubeVirt machine {like}")
        spec = {**made["spec"]}
        return {"apiVersion": KUBEVIRT, "kind": "VirtualMachine", "metadata": self._named(name), "spec": spec}

    def until_greeted(self, manifest: Object) -> float:
        """Applies the machine; seconds from then until its guest greets on the serial console."""
        began, name = time.monotonic(), manifest["metadata"]["name"]
        self.api.apply(manifest)
        with Console(self.settings, self.namespace, name) as console:
            console.expect(GREETING, seconds=PATIENCE)
        return time.monotonic() - began

    def remove(self, manifest: Object) -> None:
        """Deletes the machine; returns when its instance is gone."""
        version, name = manifest["apiVersion"], manifest["metadata"]["name"]
        self.api.delete(self.path(version, name))
        self.until(f"{name} to be gone", lambda: self._gone(name))

    def until(self, what: str, check: Callable[[], None], seconds: float = PATIENCE) -> None:
        """Until the check raises NotYet no more."""
        with Steps(out=sys.stderr).step(what) as step:
            step.wait(what, check, seconds=seconds)

    def path(self, version: str, name: str, plural: str = "virtualmachines") -> str:
        """The URL path of an object of the namespace."""
        return f"/apis/{version}/namespaces/{self.namespace}/{plural}/{name}"

    def _gone(self, name: str) -> None:
        if self.api.get(self.path(KUBEVIRT, name, "virtualmachineinstances")):
            raise NotYet(f"the instance {name}")

    def _named(self, name: str) -> dict[str, str]:
        return {"name": name, "namespace": self.namespace}


@contextmanager
def field(annotations: Mapping[str, str] | None = None) -> Iterator[Field]:
    """A namespace of the cloud in force, deleted at the end."""
    settings = Settings.running()
    api, name = Api(settings), f"bench-{uuid.uuid4().hex[:6]}"
    metadata = {"name": name, "annotations": dict(annotations or {})}
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    try:
        yield Field(settings, api, name)
    finally:
        api.delete(f"/api/v1/namespaces/{name}")
