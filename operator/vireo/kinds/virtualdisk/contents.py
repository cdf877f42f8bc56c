"""Where a disk's first content comes from: what its claim names, and what CDI is asked for (docs/design/disk-contents.md)."""

from hashlib import sha256
from typing import Any, Final

import msgspec

from vireo.api.objects import Child, Live
from vireo.api.resources import CLAIM, CLONE_SOURCE, IMPORT_SOURCE, SNAPSHOT, VIRTUAL_DISK, Key, Resource
from vireo.kinds.virtualdisk.claims import Claim, DataSource
from vireo.kinds.virtualdisk.series import Disk
from vireo.kinds.virtualdisk.types import Source, VirtualDiskStatus

CLONING: Final = "cdi.kubevirt.io/clonePopulator"
"""CDI's finalizer on a claim that it copies another one to."""
LONGEST_NAME: Final = 63
"""CDI's, for what it is asked for."""
POPULATORS: Final[dict[str, Resource]] = {"http": IMPORT_SOURCE, "image": IMPORT_SOURCE, "disk": CLONE_SOURCE}


def word(source: Source) -> str:
    """Which of the sources it is, as it is called in the spec."""
    return next(iter(source.wire()), "blank")


def of_others(namespace: str, source: Source) -> Key | None:
    """The disk or the snapshot that the content is copied from."""
    if source.disk:
        return Key(VIRTUAL_DISK, namespace, source.disk.name)
    return Key(SNAPSHOT, namespace, source.snapshot.name) if source.snapshot else None


def told(disk: Disk) -> str:
    """The source in a message."""
    source = disk.spec.source
    if source.http:
        return source.http.url
    return f"image {source.image.image}" if source.image else str(of_others(disk.key.namespace, source))


def data_source(disk: Disk) -> DataSource | None:
    """What the claim has to name; None for a disk that starts empty."""
    source = disk.spec.source
    if source.snapshot:
        return DataSource(SNAPSHOT.kind, source.snapshot.name, SNAPSHOT.group)
    populator = POPULATORS.get(word(source))
    return DataSource(populator.kind, _name(disk), populator.group) if populator else None


def to_ask_cdi(disk: Disk) -> Child | None:
    """What describes the source to CDI, while it is not there; None where CDI is not needed. It holds no data, so it has an owner."""
    resource = POPULATORS.get(word(disk.spec.source))
    if resource is None or asked_of_cdi(disk):
        return None
    meta = {"name": _name(disk), "namespace": disk.key.namespace}
    return Child(resource, {"metadata": meta, "spec": _copied(disk) if disk.spec.source.disk else _imported(disk)})


def asked_of_cdi(disk: Disk) -> Live[Any] | None:
    """What describes the source to CDI, as it is stored."""
    resource = POPULATORS.get(word(disk.spec.source))
    return disk.child(resource, _name(disk)) if resource else None


def left_over(disk: Disk, claim: Claim | None) -> tuple[Live[Any], ...]:
    """What CDI was asked for and does not need any more: that of a former source, and all when the disk is filled."""
    needed = None if claim and is_filled(claim) else asked_of_cdi(disk)
    return tuple(one for one in (*disk.all(CLONE_SOURCE), *disk.all(IMPORT_SOURCE)) if one is not needed)


def is_filled(claim: Claim) -> bool:
    """A claim is bound when its content is complete; CDI then has to tidy up after a copy."""
    return claim.view.bound and CLONING not in claim.meta.finalizers


def is_to_be_filled(source: Source, status: VirtualDiskStatus) -> bool:
    """Whether the disk still needs its source."""
    return source.blank is None and (status.sequence == 0 or status.filling is not None)


def _name(disk: Disk) -> str:
    """Another one for another source: CDI refuses to change it."""
    source = msgspec.json.encode((disk.meta.name, disk.spec.source.wire()), order="sorted")
    digest = sha256(source).hexdigest()[:10]
    return f"{disk.meta.name[: LONGEST_NAME - len(digest) - 1].rstrip('-.')}-{digest}"


def _imported(disk: Disk) -> dict[str, Any]:
    source = disk.spec.source
    if source.http:
        http = {"url": source.http.url, "checksum": source.http.checksum, "secretRef": source.http.secret}
        kind = "archive" if disk.spec.content == "FileSystem" else "kubevirt"
        return {"contentType": kind, "source": {"http": _present(http)}}
    assert source.image is not None, "CDI imports from these two"
    registry = {"url": f"docker://{source.image.image}", "secretRef": source.image.secret}
    return {"contentType": "kubevirt", "source": {"registry": _present(registry)}}


def _copied(disk: Disk) -> dict[str, Any]:
    key = of_others(disk.key.namespace, disk.spec.source)
    other = disk.uses.get(key) if key else None
    assert other is not None, "why_not says that it is there"
    return {"source": {"kind": CLAIM.kind, "name": other.view.status.claim}}


def _present(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}
