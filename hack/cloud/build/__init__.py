"""Builds all that the local cloud runs, from pinned Go modules and Debian packages, into a cache outside the tree.

    cloud.build.ensure(["control-plane"...], steps)     # builds a set, in parallel where it helps
    cloud.build.binary("etcd")                          # the path of a binary, built first if it is not there
    cloud.build.image("virt-api")                       # an OCI image to push: name, reference, layout folder

targets.py is the table of what there is. An artefact's folder is named after the hash of all that it is made of, so what
is found in the cache is what the tree asks for; after a change only what it touches is built again.
"""

import functools
from collections.abc import Iterable
from pathlib import Path

from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.targets import BINARIES, TARGETS
from cloud.steps import Steps


@functools.cache
def _builder() -> Builder:
    return Builder(TARGETS, Cache.of_user())


def ensure(names: Iterable[str], steps: Steps) -> None:
    """Builds targets (names of TARGETS or of binaries), each a step with its time. Raises Failure with a log."""
    _builder().ensure([BINARIES.get(name, name) for name in names], steps)


def binary(name: str, steps: Steps | None = None) -> Path:
    """The built binary. Its folder holds the other binaries of the same target: all CNI plug-ins, for example."""
    return artefact(BINARIES[name], steps) / name


def artefact(name: str, steps: Steps | None = None) -> Path:
    """The folder that a target was built into. It is shared with all others of the same key: read it only."""
    return _builder().artefact(name, steps or Steps())
