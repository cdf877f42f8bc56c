"""A target: one thing that can be built, and the key that says what it is made of."""

import hashlib
import json
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from cloud.steps import Failure


class Built(NamedTuple):
    """A file of another target's artefact."""

    target: str
    file: str


@dataclass(frozen=True)
class Workshop:
    """What a target is given to work with: the empty folder to fill, its inputs' artefacts by name, and its log."""

    out: Path
    inputs: Mapping[str, Path]
    log: Path

    def path(self, source: Path | Built) -> Path:
        """Where a file lies that is either of the tree or of an input."""
        return self.inputs[source.target] / source.file if isinstance(source, Built) else source

    def run(self, command: Sequence[str | Path], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        """Runs a tool, niced, with its output in the log; it dies with us. Raises Failure if it can not or fails."""
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            done = subprocess.run(
                ["setpriv", "--pdeathsig", "KILL", "nice", *command],
                cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
            )  # fmt: skip
        if done.returncode:
            raise Failure(f"{command[0]} ended with {done.returncode}", log=self.log)


class Target(ABC):
    """One thing that can be built: a folder of binaries, a file system, an image. The subclasses are frozen dataclasses."""

    name: str
    heavy: ClassVar[bool] = False  # keeps all cores busy, so that two at once gain nothing

    @property
    def inputs(self) -> tuple[str, ...]:
        """The targets that this one is made of."""
        return ()

    @property
    def host_packages(self) -> tuple[str, ...]:
        """The Debian packages that making it needs on the host."""
        return ()

    @abstractmethod
    def recipe(self) -> Mapping[str, str]:
        """All that it is made of beside its inputs: settings, sources, the tool's version, how it is made."""

    def fetch(self, workshop: Workshop) -> None:  # noqa: B027 - most have nothing to fetch
        """Brings what `make` needs from the network, without waiting for the cores: others build meanwhile."""

    @abstractmethod
    def make(self, workshop: Workshop) -> None:
        """Fills workshop.out. The same recipe and inputs give the same thing."""


def key_of(target: Target, inputs: Mapping[str, str]) -> str:
    """The key of a target whose inputs have these keys: 16 hex digits of a hash over all that it is made of."""
    parts = [type(target).__name__, target.name, sorted(target.recipe().items()), sorted(inputs.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def hash_of(*paths: Path) -> str:
    """A hash over the names and the bytes of files, and of the files below folders."""
    total = hashlib.sha256()
    for top in paths:
        for path in [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(top.parent)} {path.stat().st_mode & 0o111 > 0} {content}\n".encode())
    return total.hexdigest()
