"""Binaries from Go modules: each folder of go/ is a module that pins what it builds by its go.mod and go.sum."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from cloud.build.target import Target, Workshop, hash_of
from cloud.steps import Failure

MODULES = Path(__file__).parent / "go"


@dataclass(frozen=True)
class GoBinaries(Target):
    """The commands of one module, built by one `go build`, so that they share what they compile.

    commands: name of the binary -> import path of its package (`./x` for a package of the module itself).
    static: those whose C parts need nothing but libc: linked statically, so that their image needs no libraries.
    stamps: import path of a package, or "all" -> "VARIABLE=VALUE ..." set at link time: how a program knows its version.
    """

    name: str
    module: Path
    commands: Mapping[str, str]
    stamps: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    cgo: tuple[str, ...] | None = None  # the Debian packages that its C parts need; None: pure Go
    heavy: ClassVar[bool] = True

    @property
    def host_packages(self) -> tuple[str, ...]:
        return self.cgo or ()

    def recipe(self) -> Mapping[str, str]:
        return {
            "module": hash_of(self.module),
            "command": json.dumps([self._command(), list(self.commands)]),
            "cgo": json.dumps(self.cgo),
            "go": json.dumps(_go_version()),
        }

    def fetch(self, workshop: Workshop) -> None:
        """Loads the packages without compiling them: so Go downloads the modules that they come from, and no others."""
        packages = self.commands.values()
        command = [
            "go",
            "list",
            "-mod=readonly",
            f"-tags={','.join(self.tags)}",
            "-deps",
            "-f={{with .Error}}{{.}}{{end}}",
            *packages,
        ]
        workshop.run(command, self.module, go_environment(cgo=self.cgo is not None))

    def make(self, workshop: Workshop) -> None:
        environment = go_environment(cgo=self.cgo is not None)
        workshop.run([*self._command(), "-o", f"{workshop.out}/", *self.commands.values()], self.module, environment)
        for name, package in self.commands.items():
            (workshop.out / _default_name(package)).rename(workshop.out / name)

    def _command(self) -> list[str]:
        flags = [f"-ldflags={package}={self._link(package)}" for package in self.commands.values()]
        return ["go", "build", "-mod=readonly", "-buildvcs=false", "-trimpath", f"-tags={','.join(self.tags)}", *flags]

    def _link(self, package: str) -> str:
        stamps = f"{self.stamps.get('all', '')} {self.stamps.get(package, '')}".split()
        static = ["-extldflags=-static"] if package in {self.commands[name] for name in self.static} else []
        return " ".join(["-s", "-w", *static, *(f"-X {stamp}" for stamp in stamps)])


def go_environment(cgo: bool = False) -> dict[str, str]:
    """The environment of every `go` we run: the user's, less what would change a build unseen."""
    fixed = {"GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": str(int(cgo))}
    return {**os.environ, **fixed}


def go(module: Path, *arguments: str) -> str:
    """What `go` prints when it is run in a module's folder. Raises Failure if there is no Go, or if it fails."""
    try:
        done = subprocess.run(
            ["go", *arguments], cwd=module, env=go_environment(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise Failure("there is no `go` on the PATH", advice="install Go 1.26 or newer") from None
    if done.returncode:
        raise Failure(f"go {' '.join(arguments)}: {done.stderr.strip()}", advice="the module proxy must be reachable")
    return done.stdout


def source(module: Path, dependency: str) -> Path:
    """The folder with the sources of one of the modules that `module` pins, downloaded if need be."""
    downloaded: dict[str, Any] = json.loads(go(module, "mod", "download", "-json", dependency))
    return Path(downloaded["Dir"])


@cache
def _go_version() -> Sequence[str]:
    return go(MODULES, "env", "GOVERSION", "GOOS", "GOARCH", "GOAMD64").split()


def _default_name(package: str) -> str:
    """The name that `go build` gives a command: the last part of its path that is not a major version."""
    path = PurePosixPath(package)
    is_major = path.name[:1] == "v" and path.name[1:].isdecimal()
    return path.parent.name if is_major else path.name
