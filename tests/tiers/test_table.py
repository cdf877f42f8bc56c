"""Where tiers look for their tests."""

import re
from pathlib import Path

import pytest

from cloud.settings import CHECKOUT
from tiers.table import FOLDERS

TESTS = {file: file.read_text() for file in (CHECKOUT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("mark", FOLDERS)
def test_a_tier_looks_wherever_a_test_has_its_mark(mark: str) -> None:
    marked = [file for file, text in TESTS.items() if re.search(rf"\bmark\.{mark}\b", text)]
    assert marked
    assert [file for file in marked if not _lies_in(file, FOLDERS[mark])] == []


def _lies_in(file: Path, folders: tuple[str, ...]) -> bool:
    return any(file.is_relative_to(CHECKOUT / folder) for folder in folders)
