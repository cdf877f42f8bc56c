"""What the cloud's storage is to those who read its manifests: a scheduler, a security officer, Vireo."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloud.build.targets import TARGETS
from cloud.settings import SHARED_ON_NODES
from cloud.storage import IMAGES
from cloud.storage.deploy import CRDS, DRIVER, manifests
from cloud.storage.pool import IMAGE_BYTES
from vireo.api.decode import decode
from vireo.api.objects import Live
from vireo.api.resources import STORAGE_CLASS
from vireo.kinds.platform.datastores import StorageClassView, datastores
from vireo.kinds.platform.types import Datastore

Object = dict[str, Any]

OBJECTS = manifests({name: f"registry.local/{name}:1" for name in IMAGES})
WORKLOADS = {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] in ("Deployment", "DaemonSet")}


def test_everything_that_it_runs_can_be_built() -> None:
    assert {*IMAGES, CRDS} <= TARGETS.keys()
    used = {container["image"] for pod in pods() for container in pod["containers"]}
    assert used == {f"registry.local/{name}:1" for name in IMAGES}


def test_vireo_reads_the_classes_as_datastores() -> None:
    def datastore(name: str, **told: Any) -> Datastore:
        return Datastore(name=name, **{"default": False, "expansion": True, "access_modes": ("ReadWriteMany",), **told})

    assert datastores(classes()) == (
        datastore("fast", default=True, binding="Immediate", volume_mode="Block"),
        datastore("bulk", binding="OnFirstUse", volume_mode="Filesystem"),
        datastore("fixed", binding="Immediate", volume_mode="Block", expansion=False, access_modes=("ReadWriteOnce",)),
    )


def test_what_the_datastores_promise_can_be_written() -> None:
    promised = [argument.partition("=")[2] for argument in driver("csi-controller")["args"]]
    datastores = {name: int(size) for name, _, size in (text.partition("=") for text in promised)}
    assert {one["parameters"]["datastore"] for one in of_kind("StorageClass")} == set(datastores)
    assert sum(datastores.values()) < IMAGE_BYTES


def test_the_driver_has_one_name() -> None:
    named = {one["provisioner"] for one in of_kind("StorageClass")}
    named |= {one["driver"] for one in of_kind("VolumeSnapshotClass")}
    named |= {one["metadata"]["name"] for one in of_kind("CSIDriver")}
    assert named == {DRIVER}


@pytest.mark.parametrize("name", WORKLOADS)
def test_it_never_lands_on_simulated_nodes(name: str) -> None:
    pod = WORKLOADS[name]["spec"]["template"]["spec"]
    [term] = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert {"key": "vireo.dev/simulated", "operator": "DoesNotExist"} in term["matchExpressions"]


def test_only_the_driver_is_root_and_only_on_nodes_privileged() -> None:
    def rights(workload: str) -> Iterator[tuple[str, str]]:
        pod = WORKLOADS[workload]["spec"]["template"]["spec"]
        for container in pod["containers"]:
            own = pod.get("securityContext", {}) | container["securityContext"]
            assert own["readOnlyRootFilesystem"]
            root = "ordinary" if own.get("runAsNonRoot") else "root"
            yield container["name"], "privileged" if own.get("privileged") else root

    assert dict(rights("csi-node")) == {"driver": "privileged"}
    assert dict(rights("snapshot-controller")) == {"snapshot-controller": "ordinary"}
    side_cars = dict.fromkeys(("provisioner", "resizer", "snapshotter"), "ordinary")
    assert dict(rights("csi-controller")) == {"driver": "root", **side_cars}


def test_every_part_sees_the_folder_of_volumes() -> None:
    for workload in ("csi-controller", "csi-node"):
        volumes = WORKLOADS[workload]["spec"]["template"]["spec"]["volumes"]
        paths = [volume["hostPath"]["path"] for volume in volumes if volume["name"] == "volumes"]
        assert paths == [str(SHARED_ON_NODES)]


def of_kind(kind: str) -> list[Object]:
    return [one for one in OBJECTS if one["kind"] == kind]


def pods() -> list[Object]:
    return [workload["spec"]["template"]["spec"] for workload in WORKLOADS.values()]


def driver(workload: str) -> Object:
    containers = WORKLOADS[workload]["spec"]["template"]["spec"]["containers"]
    return next(container for container in containers if container["name"] == "driver")


def classes() -> list[Live[StorageClassView]]:
    return [decode(STORAGE_CLASS, StorageClassView, json.dumps(one).encode()) for one in of_kind("StorageClass")]
