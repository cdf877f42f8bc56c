"""What is read of the objects that fill a claim."""

import msgspec


class ImportHttp(msgspec.Struct, frozen=True):
    """spec.source.http of a VolumeImportSource."""

    checksum: str = ""


class ImportFrom(msgspec.Struct, frozen=True):
    """spec.source of a VolumeImportSource."""

    http: ImportHttp = ImportHttp()


class ImportSpec(msgspec.Struct, frozen=True):
    """What CDI is asked to import."""

    source: ImportFrom = ImportFrom()


class ImportSourceView(msgspec.Struct, frozen=True):
    """A VolumeImportSource, as far as it may be stored otherwise than it was asked for."""

    spec: ImportSpec = ImportSpec()


class CloneSourceView(msgspec.Struct, frozen=True):
    """A VolumeCloneSource: that it is there."""


class SnapshotError(msgspec.Struct, frozen=True):
    """status.error."""

    message: str = ""


class SnapshotStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a snapshot."""

    ready_to_use: bool = False
    restore_size: str = "0"
    error: SnapshotError = SnapshotError()


class SnapshotView(msgspec.Struct, frozen=True):
    """A VolumeSnapshot."""

    status: SnapshotStatus = SnapshotStatus()
