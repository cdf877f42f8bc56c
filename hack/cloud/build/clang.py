"""Small static programs in C."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cloud.build import golang
from cloud.build.target import Target, Workshop, hash_of


class InModule(NamedTuple):
    """A file of a Go module that a module of go/ pins."""

    module: Path
    dependency: str
    path: str


@dataclass(frozen=True)
class StaticC(Target):
    """One program of one source file, linked statically."""

    name: str
    source: Path | InModule

    @property
    def host_packages(self) -> tuple[str, ...]:
        return ("gcc", "libc6-dev")

    def recipe(self) -> Mapping[str, str]:
        if isinstance(self.source, Path):
            made_of = hash_of(self.source)
        else:  # the sum in go.sum stands for the content
            made_of = json.dumps([hash_of(self.source.module / "go.sum"), self.source.dependency, self.source.path])
        return {"source": made_of, "command": json.dumps(self._command(Path("source"), Path("out")))}

    def make(self, workshop: Workshop) -> None:
        if isinstance(self.source, Path):
            source = self.source
        else:
            source = golang.source(self.source.module, self.source.dependency) / self.source.path
        workshop.run(self._command(source, workshop.out / self.name))

    def _command(self, source: Path, out: Path) -> list[str]:
        return ["gcc", "-O2", "-s", "-static", "-o", str(out), str(source)]
