"""The storage device in the cluster: snapshot CRDs, datastores, the driver with its side-cars, and snapshot-controller."""

import string
from collections.abc import Iterator
from pathlib import Path

from cloud import registry
from cloud.api import Api, Object, documents
from cloud.build import artefact, image
from cloud.settings import SHARED_ON_NODES, Settings
from cloud.steps import NotYet, Steps
from cloud.workloads import apply, check_rolled_out

NAMESPACE, DRIVER = "storage", "files.csi.vireo.dev"
TOPOLOGY = {f"{DRIVER}/folder": "shared"}  # the label of nodes that see the volumes; see driver/node.go
IMAGES = ("csi-files", "csi-provisioner", "csi-resizer", "csi-snapshotter", "snapshot-controller")
CRDS = "snapshot-crds"
MANIFESTS = ("driver", "classes", "controller", "snapshots", "node")  # files of the folder, in the order of need
WORKLOADS = ("deployments/csi-controller", "deployments/snapshot-controller", "daemonsets/csi-node")
ADVICE = "`kubectl -n storage get events,pods -o wide` says why; `make up` again goes on where it stopped"


def deploy(settings: Settings, steps: Steps) -> None:
    """Installs the storage device, or makes it as the checkout is now. Returns when claims can be made on every node."""
    with steps.step("storage") as step:
        api = Api(settings)
        registry.push(settings, [image(name) for name in IMAGES])
        # The classes before the workloads: with a VolumeSnapshotClass there, the API server knows what they ask it for.
        wanted = [*crds(steps), *manifests({name: image(name).reference for name in IMAGES})]
        apply(api, step, wanted, ADVICE)
        step.wait("the storage device", lambda: check_ready(settings, api), seconds=180, advice=ADVICE)


def crds(steps: Steps) -> Iterator[Object]:
    """The definitions of VolumeSnapshots, from the pinned module of the external snapshotter."""
    for file in sorted(artefact(CRDS, steps).glob("*.yaml")):
        for definition in documents(file.read_text()):
            definition.pop("status", None)
            yield definition


def manifests(references: dict[str, str]) -> list[Object]:
    """Our own manifests, with these references of images by their names."""
    folder = Path(__file__).parent / "manifests"
    text = "\n---\n".join((folder / f"{name}.yaml").read_text() for name in MANIFESTS)
    return documents(_Template(text).substitute(references, shared=str(SHARED_ON_NODES)))


class _Template(string.Template):
    """A template whose names are those of images: `image: ${csi-provisioner}`."""

    idpattern = r"[a-z-]+"


def check_ready(settings: Settings, api: Api) -> None:
    """Raises NotYet with the first thing that keeps claims from being made and used on some real node."""
    for path in WORKLOADS:
        check_rolled_out(api, NAMESPACE, path)
    for node in settings.node_names:
        found = api.get(f"/apis/storage.k8s.io/v1/csinodes/{node}") or {"spec": {}}
        if not any(driver["name"] == DRIVER for driver in found["spec"].get("drivers") or []):
            raise NotYet(f"the kubelet of {node} has not registered the driver")
    capacities = api.items(f"/apis/storage.k8s.io/v1/namespaces/{NAMESPACE}/csistoragecapacities")
    measured = {capacity["storageClassName"] for capacity in capacities}
    classes = api.items("/apis/storage.k8s.io/v1/storageclasses")
    ours = {found["metadata"]["name"] for found in classes if found["provisioner"] == DRIVER}
    if ours - measured:
        raise NotYet(f"csi-provisioner has not published the capacity of {', '.join(sorted(ours - measured))}")
