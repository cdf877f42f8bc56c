"""What StorageClasses mean for disks."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from vireo.api.names import ANNOTATION_ACCESS_MODES, ANNOTATION_VOLUME_MODE
from vireo.api.objects import Live
from vireo.kinds.platform.types import Datastore

IS_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
IS_DEFAULT_SNAPSHOT = "snapshot.storage.kubernetes.io/is-default-class"
MOST = 256


class StorageClassView(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a StorageClass."""

    provisioner: str = ""
    allow_volume_expansion: bool = False
    volume_binding_mode: str = "Immediate"


class SnapshotClassView(msgspec.Struct, frozen=True):
    """What is read of a VolumeSnapshotClass."""

    driver: str = ""


def datastores(
    classes: Iterable[Live[StorageClassView]], snapshot_classes: Iterable[Live[SnapshotClassView]] = ()
) -> tuple[Datastore, ...]:
    """One for each StorageClass: the default one, then by name."""
    by_driver = _by_driver(snapshot_classes)
    found = sorted(classes, key=lambda one: one.meta.name)
    default = _default(found)
    ordered = sorted(found, key=lambda one: one is not default)
    return tuple(_datastore(one, by_driver, default=one is default) for one in ordered[:MOST])


def _default(by_name: Iterable[Live[StorageClassView]]) -> Live[StorageClassView] | None:
    """Of several defaults the newest counts, of equally old ones the first by name: so does the API server."""
    marked = [one for one in by_name if any(one.meta.annotations.get(name) == "true" for name in IS_DEFAULT)]
    return max(marked, key=_born, default=None)


def _born(live: Live[StorageClassView]) -> float:
    created = live.meta.creation_timestamp
    return created.timestamp() if created else 0.0


def _by_driver(classes: Iterable[Live[SnapshotClassView]]) -> dict[str, str]:
    """The snapshot class of each driver: the default one, then the first by name."""
    ordered = sorted(classes, key=lambda one: (not _is_default(one), one.meta.name), reverse=True)
    return {one.view.driver: one.meta.name for one in ordered}  # the last of a driver stays


def _is_default(live: Live[SnapshotClassView]) -> bool:
    return live.meta.annotations.get(IS_DEFAULT_SNAPSHOT) == "true"


def _datastore(live: Live[StorageClassView], by_driver: Mapping[str, str], *, default: bool) -> Datastore:
    waits = live.view.volume_binding_mode == "WaitForFirstConsumer"
    return Datastore(
        name=live.meta.name,
        default=default,
        binding="OnFirstUse" if waits else "Immediate",
        expansion=live.view.allow_volume_expansion,
        snapshot_class=by_driver.get(live.view.provisioner),
        access_modes=_access_modes(live),
        volume_mode=_volume_mode(live),
    )


def _access_modes(live: Live[StorageClassView]) -> tuple[str, ...]:
    text = live.meta.annotations.get(ANNOTATION_ACCESS_MODES, "")
    return tuple(word.strip()[:63] for word in text.split(",") if word.strip())[:4] or ("ReadWriteOnce",)


def _volume_mode(live: Live[StorageClassView]) -> Literal["Filesystem", "Block"]:
    return "Block" if live.meta.annotations.get(ANNOTATION_VOLUME_MODE) == "Block" else "Filesystem"
