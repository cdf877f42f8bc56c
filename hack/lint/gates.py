"""The gates: each looks at the whole project and says what is wrong; nothing when all is well."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from cloud import build
from cloud.build.cache import Cache
from lint import pure, shape
from lint.sizes import measure

PROJECT = Path(__file__).resolve().parents[2]
CHART = PROJECT / "charts/vireo"
FOLDERS = ("operator", "hack", "tests")
OWN_GO_MODULES = ("hack/cloud/storage/driver", "hack/bench/peer", "hack/bench/peer-extender")
"""Modules whose packages are ours. (Those of hack/cloud/build/go only pin what others wrote; gofmt looks at them too.)"""

Complaints = Iterable[str]


def ruff() -> Complaints:
    """Style, likely mistakes, banned calls, and the one format."""
    yield from _said(_tool("ruff"), "check", "--quiet", "--output-format=concise")
    yield from _said(_tool("ruff"), "format", "--quiet", "--diff")


def mypy() -> Complaints:
    """Types, strictly, everywhere. What it learned is kept for the next clone, as what is built is."""
    return _said(_tool("mypy"), "--no-error-summary", f"--cache-dir={Cache.of_user().root / 'mypy'}")


def imports() -> Complaints:
    """Who may import whom."""
    return _said(_tool("lint-imports"), "--no-cache")


def sizes() -> Complaints:
    """Nothing too long."""
    for folder in FOLDERS:
        measured = measure(PROJECT, folder)
        print(f"           {measured}")
        yield from measured.over


def rooms() -> Complaints:
    """What the other tools can not see of the house: built-ins that are not pure, and the shape of rooms and kinds."""
    yield from pure.impurities(PROJECT)
    yield from shape.misshapen(PROJECT)


def generated() -> Complaints:
    """Files that are made from others are as they would be made now."""
    return _said(sys.executable, "-m", "generate", "--check")


def chart() -> Complaints:
    """The chart, by the helm that installs it."""
    return _said(str(build.binary("helm")), "lint", "--strict", "--quiet", str(CHART))


def go() -> Complaints:
    """Our Go: one format, and what the compiler's own checks find."""
    unformatted = _run("gofmt", "-l", str(PROJECT / "hack")).stdout.splitlines()
    yield from (f"{Path(path).relative_to(PROJECT)}: not as gofmt would write it" for path in unformatted)
    for module in OWN_GO_MODULES:
        yield from _said("go", "vet", "./...", folder=PROJECT / module)


GATES: Mapping[str, Callable[[], Complaints]] = {
    gate.__name__: gate for gate in (ruff, imports, rooms, sizes, generated, mypy, go, chart)
}


def _tool(name: str) -> str:
    """A program of the same environment as this one."""
    return str(Path(sys.executable).with_name(name))


def _said(*command: str, folder: Path = PROJECT) -> Iterator[str]:
    """What a tool prints when it fails."""
    done = _run(*command, folder=folder)
    if done.returncode:
        yield from (done.stdout + done.stderr).strip().splitlines() or [f"{command[0]} ended with {done.returncode}"]


def _run(*command: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
