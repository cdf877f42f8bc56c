"""A namespace for benchmarks: Vireo's objects in it, and plain machines of KubeVirt; and the seconds until a guest greets."""

import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from bench import silence
from cloud.api import Api, Object
from cloud.console import Console
from cloud.networks.node import BINDING, BRIDGE
from cloud.settings import Settings
from cloud.steps import NotYet, Steps
from cloud.vireo import USER

VIREO, KUBEVIRT = "vireo.dev/v1alpha1", "kubevirt.io/v1"
GUEST, HELLO = "registry.local/guest:1", "registry.local/hello:1"
GREETING = r"Welcome to "
PORT_GROUP = "web"
FIELD = "bench"
"""The label of what a benchmark makes beside its namespace, with the namespace's name."""
PATIENCE = 120.0  # seconds for one machine
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Field:
    """A namespace for benchmarks."""

    settings: Settings
    api: Api
    namespace: str

    def machine(self, name: str, **spec: object) -> Object:
        """Vireo's machine of that name."""
        hardware = {"cpu": {"cores": 1}, "memory": "256Mi"}
        return self._own("VirtualMachine", name, {"hardware": hardware, "bootDisk": {"image": GUEST}, **spec})

    def disk(self, name: str, **spec: object) -> Object:
        """Vireo's disk of that name."""
        return self._own("VirtualDisk", name, {"size": "1Gi", "deletionPolicy": "Delete", **spec})

    def workload(self, name: str, **spec: object) -> Object:
        """Vireo's workload of that name: one pod of a small web server."""
        resources = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
        return self._own("ContainerWorkload", name, {"image": HELLO, "resources": resources, **spec})

    def switch(self, name: str) -> Object:
        """Vireo's switch, named after the namespace too, with a port group PORT_GROUP for it; machines are bound as this kernel can."""
        here = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        groups = [{"name": PORT_GROUP, "namespaces": here}]
        spec = {"uplink": {"bridge": BRIDGE}, "machineBinding": BINDING, "portGroups": groups}
        metadata = {"name": f"{self.namespace}-{name}", "labels": {FIELD: self.namespace}}
        return {"apiVersion": VIREO, "kind": "VirtualSwitch", "metadata": metadata, "spec": spec}

    def plain(self, name: str, spec: Object) -> Object:
        """A KubeVirt machine of that name and spec."""
        return {"apiVersion": KUBEVIRT, "kind": "VirtualMachine", "metadata": self._named(name), "spec": spec}

    def specs(self) -> dict[str, Object]:
        """The specs of KubeVirt's machines, those that Vireo made among them, by name."""
        return {one["metadata"]["name"]: one["spec"] for one in self.api.items(self.path(KUBEVIRT))}

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

    def settle(self, user: str = USER) -> None:
        """Until that user (without a name: anybody) has written nothing there for a while."""
        silence.settle(self.settings, user, self.namespace)

    def writes(self, since: int, user: str = USER) -> Counter[str]:
        """A user's requests in the namespace after that mark."""
        return silence.written(self.settings, since, user, self.namespace)

    def path(self, version: str, name: str = "", plural: str = "virtualmachines") -> str:
        """The URL path of an object of the namespace, or of all."""
        return f"/apis/{version}/namespaces/{self.namespace}/{plural}/{name}".rstrip("/")

    def _gone(self, name: str) -> None:
        if self.api.get(self.path(KUBEVIRT, name, "virtualmachineinstances")):
            raise NotYet(f"the instance {name}")

    def _own(self, kind: str, name: str, spec: Object) -> Object:
        return {"apiVersion": VIREO, "kind": kind, "metadata": self._named(name), "spec": spec}

    def _named(self, name: str) -> dict[str, str]:
        return {"name": name, "namespace": self.namespace}


@contextmanager
def field(settings: Settings, annotations: Mapping[str, str] = NONE, patience: float = PATIENCE) -> Iterator[Field]:
    """A namespace of a cloud; it goes with all that is in it, and its switches, and may take `patience` seconds for that."""
    api, name = Api(settings), f"bench-{uuid.uuid4().hex[:6]}"
    metadata = {"name": name, "annotations": dict(annotations)}
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    place = Field(settings, api, name)
    try:
        yield place
    finally:
        api.delete(f"/apis/{VIREO}/virtualswitches?labelSelector={FIELD}={name}")
        api.delete(f"/api/v1/namespaces/{name}")
        place.until(f"the end of {name}", lambda: _check_gone(api, name), patience)


def _check_gone(api: Api, namespace: str) -> None:
    if api.get(f"/api/v1/namespaces/{namespace}"):
        raise NotYet(f"namespace {namespace}")
