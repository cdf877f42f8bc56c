"""Files that Go modules bring along, such as manifests."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.build import golang
from cloud.build.target import Target, Workshop, hash_of


@dataclass(frozen=True)
class ModuleFiles(Target):
    """Files of one Go module that a module of go/ pins: `paths` within it; each keeps its name."""

    name: str
    module: Path
    dependency: str
    paths: Sequence[str]

    def recipe(self) -> Mapping[str, str]:
        """The sum in go.sum stands for the content."""
        return {"module": hash_of(self.module / "go.sum"), "files": json.dumps([self.dependency, *self.paths])}

    def make(self, workshop: Workshop) -> None:
        source = golang.source(self.module, self.dependency)
        for path in self.paths:
            shutil.copyfile(source / path, workshop.out / Path(path).name)
