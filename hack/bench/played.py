"""KubeVirt, played: its own CRDs on a control plane without nodes, and what its controllers would write of a machine, stage by stage.

played.yaml is what they wrote of one on a simulated node. Nothing runs: there is no virt-controller, no node and no guest.
"""

import base64
import functools
import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Final

import yaml

from cloud import kubevirt
from cloud.api import Api, Object, documents
from cloud.build import binary, versions
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Step

AT_ONCE: Final = 8
ADVICE: Final = "hack/bench/played.py asks KubeVirt's own operator for them"
CRD: Final = "CustomResourceDefinition"
GUEST_SPEAKS: Final = "AgentConnected"


def install(settings: Settings, step: Step) -> None:
    """KubeVirt's CRDs, and a KubeVirt object that says that it is deployed."""
    api = Api(settings)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kubevirt.NAMESPACE}}
    wanted = [namespace, *(one for one in kubevirt.operator() if one["kind"] == CRD)]
    for manifest in wanted:
        api.apply(manifest)
    for manifest in (*_crds(settings, api), kubevirt.kubevirt()):
        step.wait(manifest["metadata"]["name"], functools.partial(api.apply, manifest), seconds=60, advice=ADVICE)
    api.merge(
        f"{kubevirt.PATH}/status", {"status": {"phase": "Deployed", "observedKubeVirtVersion": versions.KUBEVIRT}}
    )


def _crds(settings: Settings, api: Api) -> Iterable[Object]:
    """What KubeVirt's operator would install, by its own word: it writes all of it down in a ConfigMap."""
    path = f"/api/v1/namespaces/{kubevirt.NAMESPACE}/configmaps"
    target = {"id": "bench", "namespace": kubevirt.NAMESPACE, "registry": "-", "kubeVirtVersion": versions.KUBEVIRT}
    names = {"VIRT_OPERATOR_IMAGE": "-", "WATCH_NAMESPACE": "", "TARGET_DEPLOYMENT_CONFIG": json.dumps(target)}
    command = [str(binary("virt-operator")), "--dump-install-strategy", f"--kubeconfig={settings.kubeconfig}"]
    done = subprocess.run(command, env={**os.environ, **names}, capture_output=True, text=True, check=False)
    if done.returncode and "already exists" not in done.stderr:
        raise Failure(f"the CRDs of KubeVirt: {done.stderr[-500:]}", advice=ADVICE)
    written = next(one["data"]["manifests"] for one in api.items(path) if "manifests" in one.get("data", {}))
    return (one for one in documents(gzip.decompress(base64.b64decode(written)).decode()) if one["kind"] == CRD)


@dataclass
class Played:
    """One machine of KubeVirt, which Vireo or its peer made, and what comes of it."""

    api: Api
    namespace: str
    name: str
    instance: Object = field(default_factory=dict)
    """As it was made, with its UID."""

    def __post_init__(self) -> None:
        self._instance, self._pod = recorded(self.namespace, self.name)

    def begin(self) -> None:
        """virt-controller makes the instance."""
        machine = self.api.get(self._path("virtualmachines", self.name))
        if machine is None:
            raise NotYet(f"the machine {self.namespace}/{self.name}")
        self._say_of_machine(created=True, runStrategy=machine["spec"]["runStrategy"], printableStatus="Starting")
        head = {**self._instance, "status": {"phase": "Pending"}}
        self.instance = self.api.request("POST", self._path("virtualmachineinstances"), _owned(head, machine))

    def schedule(self) -> None:
        """virt-controller makes the pod."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        self.api.request("POST", path, _owned({**self._pod, "status": {}}, self.instance))
        self._say(phase="Scheduling")

    def place(self) -> None:
        """The pod runs on its node, and virt-controller gives the instance to virt-handler."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self._pod['metadata']['name']}/status"
        self.api.merge(path, {"status": self._pod["status"]})
        self._say(phase="Scheduled", nodeName=self._instance["status"]["nodeName"])

    def run(self) -> None:
        """virt-handler starts the guest."""
        status = {key: value for key, value in self._instance["status"].items() if key != "guestOSInfo"}
        conditions = [one for one in status["conditions"] if one["type"] != GUEST_SPEAKS]
        self._say(**{**status, "conditions": conditions})
        self._say_of_machine(ready=True, printableStatus="Running", conditions=[{"type": "Ready", "status": "True"}])

    def speak(self) -> None:
        """The guest's agent connects."""
        self._say(**self._instance["status"])

    def _say(self, **status: object) -> None:
        self.api.merge(self._path("virtualmachineinstances", self.name), {"status": status})

    def _say_of_machine(self, **status: object) -> None:
        self.api.merge(self._path("virtualmachines", self.name) + "/status", {"status": status})

    def _path(self, plural: str, name: str = "") -> str:
        return f"/apis/kubevirt.io/v1/namespaces/{self.namespace}/{plural}/{name}".rstrip("/")


STAGES: Final[tuple[Callable[[Played], None], ...]] = (
    Played.begin,
    Played.schedule,
    Played.place,
    Played.run,
    Played.speak,
)


def play(machines: Iterable[Played]) -> None:
    """Every machine through every stage; all through one before any through the next, so that each is seen by itself."""
    cast = list(machines)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for stage in STAGES:
            list(pool.map(stage, cast))


@functools.cache
def _record() -> Template:
    return Template(Path(__file__).with_suffix(".yaml").read_text())


def recorded(namespace: str, name: str) -> tuple[Object, Object]:
    """The instance and the pod of that machine."""
    text = _record().substitute(namespace=namespace, name=name)
    instance, pod = yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    instance["metadata"]["name"], pod["metadata"]["name"] = name, f"virt-launcher-{name}"
    return instance, pod


def _owned(manifest: Object, owner: Object) -> Object:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
    identity = {key: owner["metadata"][key] for key in ("name", "uid")}
    return {**manifest, "metadata": {**manifest["metadata"], "ownerReferences": [{**reference, **identity}]}}
