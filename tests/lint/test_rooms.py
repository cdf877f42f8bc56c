"""The gates around the rooms bite: each is shown a house with one thing wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lint import pure, shape

PROJECT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the operator's sources, with the project's own rules."""
    shutil.copytree(
        PROJECT / "operator", tmp_path / "operator", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def ask(house: Path, *command: str) -> tuple[int, str]:
    tool, *arguments = command
    done = subprocess.run(
        [TOOLS / tool, *arguments],
        cwd=house,
        env={"PYTHONPATH": "operator", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def imports(house: Path) -> tuple[int, str]:
    return ask(house, "lint-imports", "--no-cache")


def write(house: Path, path: str, text: str) -> None:
    file = house / "operator/vireo" / path
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + text)


def test_the_house_as_it_is_passes(house: Path) -> None:
    assert imports(house)[0] == 0
    assert list(shape.misshapen(house)) == []
    assert list(pure.impurities(house)) == []


@pytest.mark.parametrize(
    ("path", "text", "contract"),
    [
        ("api/quantities.py", "import vireo.kinds\n", "Who may import whom"),
        ("kube/store.py", "import vireo.reconcile.plan\n", "Who may import whom"),
        ("kinds/platform/desired.py", "from vireo.kube import store\n", "Pure rooms know no clock"),
        ("kinds/platform/desired.py", "import time\n", "Pure rooms know no clock"),
        ("reconcile/plan.py", "import os\n", "Pure rooms know no clock"),
        ("api/quantities.py", "import random\n", "Pure rooms know no clock"),
        ("reconcile/loop.py", "import kopf\n", "One module knows kopf"),
        ("kinds/platform/types.py", "import vireo.kinds.virtualdisk.kind\n", "No room is a knot"),
        ("cellar/__init__.py", "", "Who may import whom"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(house: Path, path: str, text: str, contract: str) -> None:
    write(house, path, text)
    code, said = imports(house)
    assert code == 1
    assert f"{contract}" in said.split("Broken contracts")[1]


def test_only_the_process_reads_the_clock_and_throws_dice(house: Path) -> None:
    calls = ["datetime.now(UTC)", "datetime.today()", "datetime.utcnow()", "uuid.uuid4()", "time.sleep(1)"]
    banned = [
        "kinds/platform/desired.py",
        "api/conditions.py",
        "reconcile/plan.py",
        "reconcile/queue.py",
        "kube/store.py",
    ]
    head = "import time\nimport uuid\nfrom datetime import UTC, datetime\n"
    for path in (*banned, "process/run.py"):
        (house / "operator/vireo" / path).write_text(head + "\n".join(calls))
    _, said = ask(house, "ruff", "check", "--no-cache", "--output-format=concise", "--select=TID251", "operator")
    found = re.findall(r"operator/vireo/(\S+?):(\d+):", said)
    assert sorted(found) == sorted((path, str(line)) for path in banned for line in range(4, 4 + len(calls)))


@pytest.mark.parametrize("call", ["open('a')", "print(1)", "hash('a')", "id([])", "input()"])
def test_an_impure_built_in_is_named(house: Path, call: str) -> None:
    write(house, "kinds/platform/checks.py", f"\n\nx = {call}\n")
    assert len(list(pure.impurities(house))) == 1


def test_a_room_without_a_purpose_is_named(house: Path) -> None:
    write(house, "cellar/__init__.py", "")
    assert list(shape.misshapen(house)) == [
        "operator/vireo/cellar/__init__.py: no docstring that says what the room is for"
    ]


def test_a_kind_without_one_of_its_files_is_named(house: Path) -> None:
    (house / "operator/vireo/kinds/platform/checks.py").unlink()
    assert list(shape.misshapen(house)) == ["operator/vireo/kinds/platform: no checks.py"]
