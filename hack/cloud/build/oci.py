"""OCI images written without an engine: layers as reproducible tars, packed by zstd, and layout folders of them.

A layer is a folder with `blob` and `descriptor.json` (the OCI descriptor, and the digest of the unpacked tar as `diffID`).
A layout (oci-layout, index.json, blobs/sha256/...) hard-links the blobs of its layers, so a shared base costs nothing.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from cloud.build.target import Built
from cloud.steps import Failure

HOST_PACKAGES = ("zstd",)
NET_BIND_SERVICE = 1 << 10  # the file capability to listen on ports below 1024
_MEDIA = "application/vnd.oci.image"


@dataclass(frozen=True)
class Entry:
    """One path of a layer: a file with the content of `source`, else a symbolic link to `link`, else a folder.

    The path has no first slash. `owner` is uid and gid. `capabilities` are bits of file capabilities, permitted and effective.
    """

    path: str
    source: Path | Built | None = None
    link: str = ""
    mode: int = 0o755
    owner: int = 0
    capabilities: int = 0


def tree(root: Path) -> list[Entry]:
    """Everything below a folder, owned by root; of the modes only executable or not is kept, as in git."""
    return [_entry(root, path) for path in sorted(root.rglob("*"))]


def _entry(root: Path, path: Path) -> Entry:
    name = str(path.relative_to(root))
    if path.is_symlink():
        return Entry(name, link=str(path.readlink()))
    if path.is_dir():
        return Entry(name)
    return Entry(name, path, mode=0o755 if os.access(path, os.X_OK) else 0o644)


def write_layer(out: Path, entries: Iterable[Entry]) -> None:
    """Writes a layer of these entries (their sources are paths) and the folders above them, in the order of paths."""
    with _packed(out) as pipe, tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in _with_parents(entries):
            _add(tar, entry)


def pack_layer(out: Path, tar: Path) -> None:
    """Makes a layer of a tar that another tool wrote."""
    with _packed(out) as pipe, tar.open("rb") as file:
        shutil.copyfileobj(file, pipe, 1 << 20)


def write_layout(out: Path, layers: Sequence[Path], config: Mapping[str, Any]) -> None:
    """Writes the layout folder of an image of these layers. `config` is the `config` member of the OCI configuration."""
    blobs = out / "blobs/sha256"
    blobs.mkdir(parents=True)
    described = [json.loads((layer / "descriptor.json").read_text()) for layer in layers]
    for layer, descriptor in zip(layers, described, strict=True):
        (blobs / descriptor["digest"].removeprefix("sha256:")).hardlink_to(layer / "blob")
    rootfs = {"type": "layers", "diff_ids": [descriptor.pop("diffID") for descriptor in described]}
    configuration = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.manifest.v1+json",
        "config": _write_blob(blobs, f"{_MEDIA}.config.v1+json", configuration),
        "layers": described,
    }
    index = {"schemaVersion": 2, "manifests": [_write_blob(blobs, f"{_MEDIA}.manifest.v1+json", manifest)]}
    (out / "index.json").write_text(json.dumps(index))
    (out / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _write_blob(blobs: Path, media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    data = json.dumps(content, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _with_parents(entries: Iterable[Entry]) -> list[Entry]:
    named = {entry.path: entry for entry in entries}
    parents = {str(parent) for path in named for parent in Path(path).parents} - {"."}
    return sorted([*named.values(), *(Entry(path) for path in parents - named.keys())], key=lambda entry: entry.path)


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.mode, info.uid, info.gid = entry.mode, entry.owner, entry.owner
    if entry.capabilities:
        info.pax_headers = {"SCHILY.xattr.security.capability": _capability(entry.capabilities)}
    if isinstance(entry.source, Path):
        info.size = entry.source.stat().st_size
        with entry.source.open("rb") as file:
            tar.addfile(info, file)
        return
    info.type, info.linkname = (tarfile.SYMTYPE, entry.link) if entry.link else (tarfile.DIRTYPE, "")
    tar.addfile(info)


def _capability(bits: int) -> str:
    """The extended attribute `security.capability`: version 2 with the effective flag; bits 0 to 31 of permitted."""
    words = (0x02000001, bits, 0, 0, 0)
    return b"".join(word.to_bytes(4, "little") for word in words).decode("ascii")


class _Hashing(io.RawIOBase):
    """Hashes what is written through it."""

    def __init__(self, to: IO[bytes]) -> None:
        self.to, self.hash = to, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return self.to.write(data)


@contextmanager
def _packed(out: Path) -> Iterator[IO[bytes]]:
    """A stream that takes a tar and leaves a layer in `out`. One thread of zstd: with more the bytes could differ."""
    blob = out / "blob"
    with subprocess.Popen(["zstd", "-q", "-3", "-o", blob], stdin=subprocess.PIPE) as packer:
        stream = _Hashing(cast("IO[bytes]", packer.stdin))
        yield cast("IO[bytes]", stream)
        cast("IO[bytes]", packer.stdin).close()
    if packer.returncode:
        raise Failure(f"zstd ended with {packer.returncode} while it packed {out}", advice="see if the disk is full")
    with blob.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    descriptor = {
        "mediaType": f"{_MEDIA}.layer.v1.tar+zstd",
        "digest": f"sha256:{digest}",
        "size": blob.stat().st_size,
        "diffID": f"sha256:{stream.hash.hexdigest()}",
    }
    (out / "descriptor.json").write_text(json.dumps(descriptor))
