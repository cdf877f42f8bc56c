"""A user of the cloud: what is typed in kubectl and read on consoles, in a namespace of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from cloud.api import Api, condition
from cloud.console import Console
from cloud.networks.node import BINDING, BRIDGE
from cloud.settings import Settings
from cloud.steps import NotYet, Steps

T = TypeVar("T")
Object = dict[str, Any]

SMALL: Mapping[str, Any] = {"cpu": {"cores": 1}, "memory": "256Mi"}
GUEST, HELLO = "registry.local/guest:1", "registry.local/hello:1"
MACHINES, DISKS, OPERATIONS = "virtualmachines.vireo.dev", "virtualdisks.vireo.dev", "operations.vireo.dev"
SWITCHES, WORKLOADS = "virtualswitches.vireo.dev", "containerworkloads.vireo.dev"
CLUSTER_WIDE = ("namespaces", SWITCHES)
INSTANCES, KUBEVIRT_MACHINES = "virtualmachineinstances.kubevirt.io", "virtualmachines.kubevirt.io"
VERSIONS = {
    "vireo.dev": "v1alpha1",
    "kubevirt.io": "v1",
    "snapshot.storage.k8s.io": "v1",
    "k8s.cni.cncf.io": "v1",
}
PATIENCE = 120.0  # seconds for what takes one on an idle machine: tests wait for what must become true, not for a time


class Refused(Exception):  # noqa: N818 - what the API server did
    """kubectl's words."""


@dataclass(frozen=True)
class User:
    """Acts in `namespace`."""

    settings: Settings
    namespace: str

    def kubectl(self, *arguments: str, given: str = "") -> str:
        """What kubectl prints. Raises Refused with its words."""
        command = [str(self.settings.bin / "kubectl"), "--namespace", self.namespace, *arguments]
        environment = {**os.environ, "KUBECONFIG": str(self.settings.kubeconfig)}
        done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr.strip())
        return done.stdout

    def virtctl(self, *arguments: str) -> str:
        """What virtctl prints. Raises Refused with its words."""
        command = [str(self.settings.bin / "virtctl"), "--namespace", self.namespace, *arguments]
        environment = {**os.environ, "KUBECONFIG": str(self.settings.kubeconfig)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr.strip())
        return done.stdout

    def vireo(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, str]:
        """The exit code of `kubectl vireo`, what it prints, and what it says beside that."""
        paths = f"{self.settings.bin}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "KUBECONFIG": str(self.settings.kubeconfig), "PATH": paths}
        command = ["kubectl", "vireo", "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, env=environment, input=given, capture_output=True, check=False, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr.decode()

    def apply(self, *objects: Mapping[str, Any]) -> None:
        self.kubectl("apply", "--filename=-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, resource: str, name: str) -> Object | None:
        """The object as it is, without kubectl: it is asked often, and on two cores a process a look is felt."""
        return self._api.get(self._path(resource, name))

    def items(self, resource: str, selector: str = "") -> list[Object]:
        """All objects of its namespace with those labels, as they are."""
        return self._api.items(self._path(resource, "").rstrip("/"), labelSelector=selector)

    def patch(self, resource: str, name: str, **spec: Any) -> None:
        self.kubectl("patch", resource, name, "--type=merge", "--patch", json.dumps({"spec": spec}))

    def annotate(self, resource: str, name: str, annotation: str) -> None:
        self.kubectl("annotate", resource, name, annotation)

    def delete(self, resource: str, name: str, *, wait: bool = True) -> None:
        self.kubectl("delete", resource, name, f"--wait={str(wait).lower()}", f"--timeout={PATIENCE:.0f}s")

    def until(self, what: str, check: Callable[[], T], seconds: float = PATIENCE) -> T:
        """What the check answers when it raises NotYet no more; a Failure that names its last words if it goes on to."""
        with Steps(out=sys.stderr).step(what) as step:
            return step.wait(what, check, seconds)

    def until_ready(self, resource: str, name: str, reason: str = "") -> Object:
        """The object, once its Ready is True (for that reason) and is said of its newest spec."""

        def ready() -> Object:
            found = self._said(resource, name)
            said = condition(found, "Ready")
            if said.get("status") != "True" or reason not in ("", said.get("reason")):
                raise NotYet(f"{said.get('reason')}: {said.get('message')}")
            return found

        return self.until(f"{name} to be Ready", ready)

    def until_said(self, resource: str, name: str, reason: str, type_: str = "Ready") -> Object:
        """The condition of that type, once it is there for that reason."""

        def said() -> Object:
            found = condition(self._said(resource, name), type_)
            if found.get("reason") != reason:
                raise NotYet(f"{found.get('reason')}: {found.get('message')}")
            return found

        return self.until(f"{name} to say {reason}", said)

    def until_gone(self, resource: str, name: str) -> None:
        def gone() -> None:
            if self.get(resource, name):
                raise NotYet(f"{resource}/{name}")

        self.until(f"{resource}/{name} to be gone", gone)

    def component(self, name: str) -> Object:
        """What the Platform says of a part of the cluster."""
        platform = json.loads(self.kubectl("get", "platforms.vireo.dev", "default", "--output=json"))
        (found,) = (one for one in platform["status"]["components"] if one["name"] == name)
        return dict(found)

    def console(self, machine: str) -> Console:
        return Console(self.settings, self.namespace, machine)

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reason and message of the events about objects of that name, Vireo's own, the oldest first."""
        found = json.loads(
            self.kubectl("get", "events", f"--field-selector=involvedObject.name={name}", "--output=json")
        )
        ours = [one for one in found["items"] if one["involvedObject"]["apiVersion"].startswith("vireo.dev/")]
        return [
            (one["reason"], one["message"])
            for one in sorted(ours, key=lambda one: one["metadata"]["creationTimestamp"])
        ]

    @cached_property
    def _api(self) -> Api:
        return Api(self.settings)

    def _path(self, resource: str, name: str) -> str:
        """The path of an object of `PLURAL.GROUP`."""
        plural, _, group = resource.partition(".")
        root = f"/apis/{group}/{VERSIONS[group]}" if group else "/api/v1"
        return (
            f"{root}/{plural}/{name}"
            if resource in CLUSTER_WIDE
            else f"{root}/namespaces/{self.namespace}/{plural}/{name}"
        )

    def _said(self, resource: str, name: str) -> Object:
        found = self.get(resource, name)
        if found is None:
            raise NotYet(f"there is no {resource}/{name}")
        if found.get("status", {}).get("observedGeneration") != found["metadata"]["generation"]:
            raise NotYet("its newest spec has not been looked at")
        return found


def machine(name: str, **spec: Any) -> Object:
    """A small machine that boots the cloud's guest."""
    usual = {"hardware": SMALL, "bootDisk": {"image": GUEST}, "gracePeriod": "20s"}
    return _own("VirtualMachine", name, {**usual, **spec})


def disk(name: str, **spec: Any) -> Object:
    """A small empty disk."""
    return _own("VirtualDisk", name, {"size": "1Gi", **spec})


def switch(name: str, *port_groups: Object, **spec: Any) -> Object:
    """A switch over the bridge that real nodes have, whose machines are bound as this kernel can."""
    usual = {"uplink": {"bridge": BRIDGE}, "machineBinding": BINDING, "portGroups": list(port_groups)}
    return _own("VirtualSwitch", name, {**usual, **spec})


def workload(name: str, **spec: Any) -> Object:
    """A small web server, one pod of it, that is not root."""
    small = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
    return _own("ContainerWorkload", name, {"image": HELLO, "resources": small, **spec})


def operation(name: str, target: str, action: str, **spec: Any) -> Object:
    """An act on a machine; a Snapshot and a Restore are of a disk."""
    kind = "VirtualDisk" if action in {"Restore", "Snapshot"} else "VirtualMachine"
    return _own("Operation", name, {"target": {"kind": kind, "name": target}, "action": action, **spec})


def _own(kind: str, name: str, spec: Mapping[str, Any]) -> Object:
    return {"apiVersion": "vireo.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
