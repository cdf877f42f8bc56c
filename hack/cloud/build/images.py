"""Images as targets: a layer of files and programs, on top of layers that other targets made."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cloud.build import oci
from cloud.build.oci import Entry
from cloud.build.target import Built, Target, Workshop, hash_of

REGISTRY = "registry.local"
_HERE = Path(__file__).parent
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """A built image: its name, the reference that it is pushed and pulled as, and its OCI layout folder."""

    name: str
    reference: str
    layout: Path


@dataclass(frozen=True)
class OciImage(Target):
    """An image: the layers of the `base` targets, and on top one of `entries`.

    tag: "" for the image's own key, so that new content never hides behind an old tag.
    stop_signal: instead of SIGTERM, which the first process of a container does not hear unless it asks for it.
    """

    name: str
    entries: Sequence[Entry]
    entrypoint: Sequence[str] = ()
    user: str = ""
    tag: str = ""
    base: Sequence[str] = ()
    stop_signal: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        built = {entry.source.target for entry in self.entries if isinstance(entry.source, Built)}
        return (*self.base, *sorted(built))

    @property
    def host_packages(self) -> tuple[str, ...]:
        return oci.HOST_PACKAGES

    def recipe(self) -> Mapping[str, str]:
        entries = [asdict(replace(entry, source=None)) | {"source": _name(entry.source)} for entry in self.entries]
        return {"entries": json.dumps(entries), "config": json.dumps(self._config()), "code": hash_of(_HERE / "oci.py")}

    def make(self, workshop: Workshop) -> None:
        top = workshop.out / "top"
        top.mkdir()
        oci.write_layer(top, (replace(e, source=e.source and workshop.path(e.source)) for e in self.entries))
        oci.write_layout(workshop.out, [*(workshop.inputs[name] for name in self.base), top], self._config())
        shutil.rmtree(top)

    def _config(self) -> Mapping[str, Any]:
        stop = {"StopSignal": self.stop_signal} if self.stop_signal else {}
        return {"Entrypoint": list(self.entrypoint), "User": self.user, "Env": [_PATH], **stop}


def _name(source: Path | Built | None) -> Any:
    return hash_of(source) if isinstance(source, Path) else source


def static_image(name: str, programs: Mapping[str, Path | Built], user: str = "65532", tag: str = "") -> OciImage:
    """An image of static programs: absolute path -> program. The first is the entry point."""
    entries = [*oci.tree(_HERE / "rootfs/static"), Entry("tmp", mode=0o1777)]
    entries += [Entry(path.lstrip("/"), source) for path, source in programs.items()]
    return OciImage(name, entries, entrypoint=list(programs)[:1], user=user, tag=tag)


def programs(folder: str, target: str, names: Iterable[str]) -> list[Entry]:
    """Binaries of a target as the executables of a folder."""
    return [Entry(f"{folder}/{name}", Built(target, name)) for name in names]
