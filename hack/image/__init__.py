"""Vireo's own image, built without an engine: Debian's Python, the pinned packages, and on top, thin, Vireo.

image.build(steps)      # an Image (reference, OCI layout) to push; the reference changes with what is in it
python -m image         # the same for people: builds it and prints where it is
"""

from pathlib import Path

from cloud.build.builder import Builder
from cloud.build.cache import Cache
from cloud.build.debian import DebianLayer
from cloud.build.images import REGISTRY, Image, OciImage
from cloud.build.oci import Entry, tree
from cloud.build.target import Target
from cloud.steps import Steps
from image.python import LIBRARY, PYTHON, PinnedPackages, SourcePackage

PROJECT = Path(__file__).resolve().parents[2]
USER = "65532"

# Of the interpreter's packages everything that a program without terminal, database and window does without.
_DROPPED = (
    *("usr/share", "usr/sbin", "usr/lib/x86_64-linux-gnu/gconv"),
    *(f"{LIBRARY}/{unused}" for unused in ("test", "pydoc_data", "sqlite3", "dbm", "curses", "venv", "turtle.py")),
    *(f"{LIBRARY}/lib-dynload/{unused}*" for unused in ("_test", "_sqlite3", "_dbm", "_curses", "readline", "xx")),
    *(
        f"usr/lib/x86_64-linux-gnu/lib{unused}*"
        for unused in ("sqlite3", "db-5", "ncurses", "tinfo", "readline", "form")
    ),
)

_PROCESSES = tuple(f"vireo.process.{name}" for name in ("main", "admission", "extender"))
"""Beside the first, which all begin with, those that are imported only where they run."""

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        DebianLayer(
            "python", "trixie", (f"{PYTHON}-minimal", f"lib{PYTHON}-stdlib", "libstdc++6"), _DROPPED
        ),  # numpy's
        PinnedPackages("python-packages", "python", PROJECT / "requirements/runtime.txt"),
        SourcePackage("vireo-package", ("python", "python-packages"), PROJECT / "operator/vireo", _PROCESSES),
        OciImage(
            "vireo",
            [*tree(Path(__file__).parent / "rootfs"), Entry("lib64", link="usr/lib64"), Entry("tmp", mode=0o1777)],
            entrypoint=("/usr/local/bin/vireo",),
            user=USER,
            base=("python", "python-packages", "vireo-package"),
        ),
    )
}


def build(steps: Steps) -> Image:
    """The image of the sources as they are now; built only if it is not in the cache. Raises Failure."""
    builder = Builder(TARGETS, Cache.of_user())
    builder.ensure(["vireo"], steps)
    return Image("vireo", f"{REGISTRY}/vireo:{builder.key('vireo')}", builder.artefact("vireo", steps))
