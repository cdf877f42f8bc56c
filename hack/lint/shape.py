"""One shape: each room says what it is for, and each kind has the same files, so that who has read one has read all."""

import ast
from collections.abc import Iterator
from pathlib import Path

KIND_FILES = ("types.py", "checks.py", "desired.py", "status.py", "kind.py")


def misshapen(project: Path) -> Iterator[str]:
    """Each thing that is not where a reader looks for it, as `PATH: what`."""
    vireo = project / "operator/vireo"
    for package in sorted(path.parent for path in vireo.rglob("__init__.py")):
        if not purpose(package):
            yield f"{(package / '__init__.py').relative_to(project)}: no docstring that says what the room is for"
    for kind in sorted(path for path in (vireo / "kinds").iterdir() if (path / "__init__.py").is_file()):
        for name in KIND_FILES:
            if not (kind / name).is_file():
                yield f"{kind.relative_to(project)}: no {name}"


def purpose(package: Path) -> str:
    """The docstring of a package, or nothing."""
    init = package / "__init__.py"
    return (ast.get_docstring(ast.parse(init.read_text())) or "") if init.is_file() else ""
