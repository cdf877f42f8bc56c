"""Builds all that the local cloud runs, from pinned Go modules and Debian packages, into a cache outside the tree.

    build.ensure(["etcd", "virt-api"], steps)     # builds a set of targets, in parallel where it helps
    build.binary("etcd")                          # the path of a binary, built first if it is not there
    build.image("virt-api")                       # an OCI image to push: name, reference, layout folder

targets.py is the table of what there is. An artefact's folder is named after the hash of all that it is made of, so what
is found in the cache is what the tree asks for; after a change only what it touches is built again.

Ask here: which version of what is in the cloud; how a program or an image is added; how images come about without an engine.
"""

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.images import REGISTRY, Image, OciImage, static_image
from cloud.build.targets import BINARIES, TARGETS
from cloud.steps import Steps

__all__ = ["Image", "artefact", "binary", "ensure", "from_files", "image"]


@functools.cache
def _builder() -> Builder:
    return Builder(TARGETS, Cache.of_user())


def ensure(names: Iterable[str], steps: Steps) -> None:
    """Builds targets, images or binaries, each a step with its time. Raises Failure with the log of what failed."""
    _builder().ensure([name if name in TARGETS else BINARIES[name] for name in names], steps)


def binary(name: str, steps: Steps | None = None) -> Path:
    """The built binary. Its folder holds the other binaries of the same target: all CNI plug-ins, for example."""
    return artefact(BINARIES[name], steps) / name


def image(name: str, steps: Steps | None = None) -> Image:
    """The built image of the table."""
    return _image(_builder(), name, steps)


def from_files(name: str, files: Mapping[str, Path], user: str = "65532", steps: Steps | None = None) -> Image:
    """An image of files that the table does not know: absolute path -> file, executable. The first is the entry point."""
    target = static_image(name, files, user)
    return _image(Builder({name: target}, Cache.of_user()), name, steps)


def artefact(name: str, steps: Steps | None = None) -> Path:
    """The folder that a target was built into. It is shared with all others of the same key: read it only."""
    return _builder().artefact(name, steps or Steps())


def _image(builder: Builder, name: str, steps: Steps | None) -> Image:
    target = builder.table[name]
    if not isinstance(target, OciImage):
        raise KeyError(f"{name} is a {type(target).__name__}, not an image")
    layout = builder.artefact(name, steps or Steps())
    return Image(name, f"{REGISTRY}/{name}:{target.tag or builder.key(name)}", layout)
