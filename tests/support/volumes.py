"""Claims, snapshots and pods that mount them: what a test says of storage, and how it writes and reads the bytes."""

from collections.abc import Mapping
from typing import Any

from support.user import Object, User

from cloud.build import image
from cloud.steps import NotYet

CLAIMS, PODS, SNAPSHOTS = "persistentvolumeclaims", "pods", "volumesnapshots.snapshot.storage.k8s.io"
FIRST, SECOND = "node-1", "node-2"
MIB = 1 << 20
DEVICE, FOLDER = "/dev/disk", "/data"


def claim(name: str, size: str = "128Mi", **spec: Any) -> Object:
    """A Block claim on the default datastore, for pods on all nodes."""
    usual = {"accessModes": ["ReadWriteMany"], "volumeMode": "Block", "resources": {"requests": {"storage": size}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": {**usual, **spec}}


def folder(name: str, **spec: Any) -> Object:
    """A Filesystem claim on the datastore that waits for the first pod."""
    return claim(name, volumeMode="Filesystem", storageClassName="bulk", **spec)


def source(kind: str, name: str) -> Mapping[str, str]:
    """What a claim's bytes come from."""
    return {"kind": kind, "name": name} | ({"apiGroup": "snapshot.storage.k8s.io"} if kind == "VolumeSnapshot" else {})


def snapshot(name: str, of: str) -> Object:
    spec = {"source": {"persistentVolumeClaimName": of}}
    version = "snapshot.storage.k8s.io/v1"
    return {"apiVersion": version, "kind": "VolumeSnapshot", "metadata": {"name": name}, "spec": spec}


def pod(name: str, node: str, of: str, *, block: bool = True, **spec: Any) -> Object:
    """A pod that idles on the node, with the claim as its device or as its folder."""
    place = {"volumeDevices": [{"name": "it", "devicePath": DEVICE}]}
    if not block:
        place = {"volumeMounts": [{"name": "it", "mountPath": FOLDER}]}
    container = {"name": "shell", "image": image("tools").reference, "args": ["-c", "sleep infinity"], **place}
    usual = {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "it", "persistentVolumeClaim": {"claimName": of}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**usual, **spec}}


def wait_running(user: User, name: str) -> None:
    user.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=120s")


def run(user: User, name: str, script: str) -> str:
    """What the script prints in the pod."""
    return user.kubectl("exec", name, "--", "bash", "-euc", script)


def write(user: User, name: str, word: str) -> None:
    """Puts a word on the pod's device, past all caches, as a machine does."""
    run(user, name, f"printf '%-4096s' '{word}' | dd of={DEVICE} bs=4096 oflag=direct status=none")


def read(user: User, name: str) -> str:
    return run(user, name, f"dd if={DEVICE} bs=4096 count=1 iflag=direct status=none").rstrip()


def fill(user: User, name: str) -> str:
    """Puts random bytes at the device's begin and end; its checksum."""
    end = f"$(( $(blockdev --getsize64 {DEVICE}) / {MIB} - 4 ))"
    for seek in ("0", end):
        run(
            user,
            name,
            f"dd if=/dev/urandom of={DEVICE} bs={MIB} count=4 seek={seek} oflag=direct iflag=fullblock status=none",
        )
    return checksum(user, name)


def checksum(user: User, name: str) -> str:
    return run(user, name, f"dd if={DEVICE} bs={MIB} iflag=direct status=none | sha256sum").split()[0]


def bound(user: User, name: str, capacity: str = "") -> Object:
    """The claim, once it is Bound, with that capacity."""

    def check() -> Object:
        found = user.get(CLAIMS, name) or {}
        status = found.get("status", {})
        if status.get("phase") != "Bound" or capacity not in ("", status["capacity"]["storage"]):
            raise NotYet(f"{status}")
        return found

    return user.until(f"{name} to be Bound", check)


def usable(user: User, name: str) -> None:
    user.kubectl("wait", f"{SNAPSHOTS}/{name}", "--for=jsonpath={.status.readyToUse}=true", "--timeout=120s")


def said(user: User, name: str, reason: str) -> str:
    """The words of an event about the object."""
    selector = f"--field-selector=involvedObject.name={name},reason={reason}"
    words = user.kubectl("get", "events", selector, "--output=jsonpath={.items[*].message}")
    if not words:
        raise NotYet(f"no event {reason}")
    return words
