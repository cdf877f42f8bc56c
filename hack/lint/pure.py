"""What neither import-linter nor ruff sees in the pure rooms: built-in functions that reach the world, or differ in each run."""

import ast
from collections.abc import Iterator
from pathlib import Path

PURE = (
    "api",
    "formulas",
    "kinds",
    "load",
    "balancer",
    "availability",
    "reconcile/plan.py",
    "reconcile/events.py",
    "admission/review.py",
    "plugin/shown",
)
BANNED = {
    "open": "a pure room reads no files",
    "input": "a pure room asks nobody",
    "print": "a pure room says nothing: it returns",
    "hash": "differs in each process; use hashlib",
    "id": "differs in each process; use a key",
}


def impurities(project: Path) -> Iterator[str]:
    """Each call of a banned built-in in a pure room, as `PATH:LINE: why`."""
    rooms = (project / "operator/vireo" / room for room in PURE)
    for path in sorted(file for room in rooms for file in ([room] if room.is_file() else room.rglob("*.py"))):
        for line, why in calls(path.read_text()):
            yield f"{path.relative_to(project)}:{line}: {why}"


def calls(text: str) -> Iterator[tuple[int, str]]:
    """The banned calls of one module: the line, and why."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED:
            yield node.lineno, f"{node.func.id}(): {BANNED[node.func.id]}"
