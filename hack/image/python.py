"""Layers of Python: the packages that requirements/runtime.txt pins, and Vireo's own, compiled for the image's interpreter."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cloud.build import oci
from cloud.build.target import Target, Workshop, hash_of
from cloud.steps import Failure

PYTHON = "python3.13"
LIBRARY = f"usr/lib/{PYTHON}"
SITE = f"usr/local/lib/{PYTHON}/dist-packages"
UNREACHED = tuple(
    f"kubernetes/{client}/{part}/[!_]*.py" for client in ("client", "aio/client") for part in ("api", "models")
)
"""Vireo sends and reads bytes: these generated modules, 74 of 76 MB, are imported at their first use, which never comes."""


@dataclass(frozen=True)
class Interpreter:
    """The image's Python, run from the folder that its layers are unpacked in: without chroot, and with no library of the host."""

    root: Path
    workshop: Workshop

    @classmethod
    def unpacked(cls, workshop: Workshop, *layers: str) -> "Interpreter":
        """Out of the layers of those names. The folder is part of the unfinished artefact: remove it when all is done."""
        root = workshop.out / "root"
        root.mkdir()
        for layer in layers:
            blob = workshop.inputs[layer] / "blob"
            workshop.run(["tar", "--zstd", "--extract", "--file", blob, "--directory", root])
        return cls(root, workshop)

    def run(self, *arguments: str | Path) -> None:
        """Runs it with these arguments. Raises Failure."""
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        loader = (libraries / "ld-linux-x86-64.so.2", "--inhibit-cache", "--library-path", libraries)
        home = {"PYTHONHOME": str(self.root / "usr"), "PYTHONPATH": str(self.root / SITE)}
        environment = {**os.environ, **home, "PYTHONDONTWRITEBYTECODE": "1"}
        self.workshop.run([*loader, self.root / "usr/bin" / PYTHON, *arguments], env=environment)

    def compile(self, folder: str) -> None:
        """Compiles the modules below a folder of the root. The code is bound to no time of the source: an image keeps none."""
        options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", self.root, "-p", "/")
        self.run("-m", "compileall", *options, self.root / folder)


@dataclass(frozen=True)
class PinnedPackages(Target):
    """The layer of what pip installs from a hashed requirements file, and of the compiled standard library."""

    name: str
    python: str
    requirements: Path

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.python,)

    def recipe(self) -> Mapping[str, str]:
        return {"requirements": hash_of(self.requirements), "code": hash_of(Path(__file__))}

    def make(self, workshop: Workshop) -> None:
        python = Interpreter.unpacked(workshop, self.python)
        site = python.root / SITE
        # The image's Python runs the host's pip, so that it takes what fits itself.
        options = ("--quiet", "--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:")
        python.run(_pip(), "install", *options, "--target", site, "--requirement", self.requirements)
        for module in (module for pattern in UNREACHED for module in site.glob(pattern)):
            module.unlink()
        python.compile(LIBRARY)
        python.compile(SITE)
        entries = (
            entry for entry in oci.tree(python.root) if entry.path.startswith(SITE) or "__pycache__" in entry.path
        )
        oci.write_layer(workshop.out, entries)
        shutil.rmtree(python.root)


@dataclass(frozen=True)
class SourcePackage(Target):
    """The layer of a package of this project. Refused if one of `modules` can not be imported in the image."""

    name: str
    base: tuple[str, ...]
    source: Path
    modules: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.base

    def recipe(self) -> Mapping[str, str]:
        modules = {
            str(module.relative_to(self.source)): hash_of(module) for module in sorted(self.source.rglob("*.py"))
        }
        return {**modules, "imported": ", ".join(self.modules), "code": hash_of(Path(__file__))}

    def make(self, workshop: Workshop) -> None:
        python = Interpreter.unpacked(workshop, *self.base)
        package = f"{SITE}/{self.source.name}"
        shutil.copytree(self.source, python.root / package, ignore=shutil.ignore_patterns("__pycache__"))
        python.compile(package)
        python.run("-c", f"import {', '.join(self.modules)}")
        oci.write_layer(workshop.out, (entry for entry in oci.tree(python.root) if entry.path.startswith(package)))
        shutil.rmtree(python.root)


def _pip() -> Path:
    """The folder of the pip that runs beside us; it can be run by any Python."""
    spec = find_spec("pip")
    if spec is None or spec.origin is None:
        raise Failure("there is no pip in the Python that builds the image", advice="make setup")
    return Path(spec.origin).parent
