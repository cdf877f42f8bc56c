"""Builds Vireo's image and prints its reference, its size and the OCI layout that holds it."""

import json
import sys

import image
from cloud.build.images import Image
from cloud.steps import Failure, Steps

MIB = 2**20


def main() -> int:
    """Returns the exit code."""
    try:
        built = image.build(Steps(out=sys.stderr))
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    print(f"{built.reference}  {size(built) / MIB:.1f} MiB to pull  {built.layout}")
    return 0


def size(built: Image) -> int:
    """What a node that has none of it pulls, in bytes."""
    blobs = built.layout / "blobs/sha256"
    index = json.loads((built.layout / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"].removeprefix("sha256:")).read_text())
    return sum(layer["size"] for layer in manifest["layers"])


if __name__ == "__main__":
    sys.exit(main())
