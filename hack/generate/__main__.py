"""`python -m generate` writes every generated file; `python -m generate --check` names those that are not as they would be."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from generate import architecture, argocd, crds, manifests, references, values
from vireo.kinds import KINDS

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("crds", "deploy/argocd", "deploy/base", "docs/reference")
"""Here only generated files live, so what nothing generates any more goes."""


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 if --check found a drift."""
    parser = argparse.ArgumentParser(prog="python -m generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not up to date")
    check = parser.parse_args(arguments).check
    of_kinds = crds.files(KINDS) | references.files(KINDS) | argocd.files(KINDS)
    drift = drifted(PROJECT, of_kinds | architecture.files(PROJECT) | manifests.files(PROJECT) | values.files(PROJECT))
    for path, text in drift.items():
        print(f"{path}: {'not up to date' if check else 'written' if text else 'removed'}")
        if not check:
            write(PROJECT / path, text)
    if check and drift:
        print("run `make generate` and commit the files with the change of their source", file=sys.stderr)
    return 1 if check and drift else 0


def drifted(project: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """The files that differ, by path: with the text they should have, or "" for one that should not be there."""
    ours = (path for folder in FOLDERS for path in (project / folder).glob("*"))
    named = (path for path in (project / name for name in wanted) if path.exists())
    present = {str(path.relative_to(project)): path.read_text() for path in (*ours, *named)}
    stale = dict.fromkeys(present.keys() - wanted.keys(), "")
    return dict(sorted((stale | {path: text for path, text in wanted.items() if present.get(path) != text}).items()))


def write(path: Path, text: str) -> None:
    """Makes the file as it should be; with no text it is removed."""
    if text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    else:
        path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
