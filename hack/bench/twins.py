"""The same thing twice: as Vireo's object, and as a person makes it by hand of what Vireo makes it of, with the very same specs."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.namespace import PORT_GROUP, Field
from cloud import build, registry
from cloud.api import Object
from cloud.steps import Steps

ATTACHMENTS = "k8s.cni.cncf.io/v1"
RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName"
CLAIM_FIELDS = ("accessModes", "resources", "storageClassName", "volumeMode")

Make = Callable[[str], list[Object]]
"""The objects by that name, in the order in which they are applied. The last is the one that becomes ready."""


@dataclass(frozen=True)
class Twins:
    """Two ways to one thing."""

    name: str
    peer: str
    ours: Make
    by_hand: Callable[[], Make]
    """To be asked while ours by the name `first` is there: what Vireo made is copied."""


def twins(place: Field, steps: Steps) -> Iterator[Twins]:
    source = _file(place, steps)

    def disk(name: str) -> list[Object]:
        return [place.disk(name, size="128Mi", source=source)]

    def workload(name: str) -> list[Object]:
        return [place.workload(name)]

    def connected(name: str) -> list[Object]:
        switch = place.switch(name)
        port = {"name": "front", "switch": switch["metadata"]["name"], "portGroup": PORT_GROUP}
        return [switch, place.machine(name, networks=[port], gracePeriod="1s")]

    yield Twins("workload", "a Deployment", workload, lambda: _deployment(place))
    yield Twins("disk from a URL", "a DataVolume", disk, lambda: _data_volume(place, source))
    yield Twins(
        "machine on a switch", "a KubeVirt machine on an attachment", connected, lambda: _attached_machine(place)
    )


def _file(place: Field, steps: Steps) -> Object:
    """The disk of the cloud's guest behind a URL, as a source of disks, verified."""
    file: Path = build.artefact("guest-disk", steps) / "disk.img"
    registry.push_file(place.settings, file)
    with file.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
    return {"http": {"url": registry.url(file), "checksum": f"sha256:{checksum}"}}


def _deployment(place: Field) -> Make:
    """Vireo's labels are left out: pods that have them count as the workload's."""
    spec = place.api.request("GET", f"/apis/apps/v1/namespaces/{place.namespace}/deployments/first")["spec"]

    def make(name: str) -> list[Object]:
        labels = {"app": name}
        template = {**spec["template"], "metadata": {"labels": labels}}
        wanted = {**spec, "selector": {"matchLabels": labels}, "template": template}
        return [_object(place, "apps/v1", "Deployment", name, wanted)]

    return make


def _data_volume(place: Field, source: Object) -> Make:
    claim = place.api.request("GET", f"/api/v1/namespaces/{place.namespace}/persistentvolumeclaims/first")["spec"]
    spec = {"source": source, "storage": {field: claim[field] for field in CLAIM_FIELDS}}
    return lambda name: [_object(place, "cdi.kubevirt.io/v1beta1", "DataVolume", name, spec)]


def _attached_machine(place: Field) -> Make:
    """Each with an attachment of its own, as each of ours has a switch."""
    known = f"{place.namespace}-first-{PORT_GROUP}"
    attachment = place.api.request("GET", place.path(ATTACHMENTS, known, "network-attachment-definitions"))
    specs = json.dumps([attachment["spec"], place.specs()["first"]])
    annotations = {RESOURCE_NAME: attachment["metadata"]["annotations"][RESOURCE_NAME]}

    def make(name: str) -> list[Object]:
        network, machine = json.loads(specs.replace(known, name))
        made = _object(place, ATTACHMENTS, "NetworkAttachmentDefinition", name, network)
        made["metadata"]["annotations"] = annotations
        return [made, place.plain(name, machine)]

    return make


def _object(place: Field, version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": place.namespace}, "spec": spec}
