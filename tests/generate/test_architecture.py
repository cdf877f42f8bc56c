"""docs/architecture.md says what the rooms say of themselves."""

from pathlib import Path

import pytest

from generate.architecture import files, rooms

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Two rooms, and who may import whom."""
    for path, text in {
        "operator/vireo/reconcile/__init__.py": '"""The way.\n\n  a ─► b\n\nAsk here: what comes\nfirst; what comes last.\n"""',
        "operator/vireo/reconcile/plan.py": '"""plan: what to do. In an order that is safe."""',
        "hack/lint/__init__.py": '"""Rules."""',
        "hack/lint/__main__.py": '"""Not a module to read."""',
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    contracts = (
        'contracts = [{type = "layers", name = "x", layers = ["a | (b)", "c"]}, {type = "other", name = "No knots"}]'
    )
    (tmp_path / "pyproject.toml").write_text(f"[tool.importlinter]\n{contracts}\n")
    return tmp_path


def test_a_room_says_what_it_is_for_and_what_to_ask_there(house: Path) -> None:
    way, lint = rooms(house)
    assert (way.path, way.purpose, way.drawing) == ("operator/vireo/reconcile", "The way.", "  a ─► b")
    assert way.questions == ("what comes first", "what comes last")
    assert way.modules == (("plan.py", "plan: what to do."),)
    assert (lint.path, lint.questions, lint.modules) == ("hack/lint", (), ())


def test_the_page_leads_from_a_question_to_its_room(house: Path) -> None:
    page = files(house)["docs/architecture.md"]
    assert "| what comes first | [operator/vireo/reconcile](../operator/vireo/reconcile) |" in page
    assert "```\n  a ─► b\n```" in page
    assert "```\na   (b)\nc\n```\n\n- No knots." in page


def test_every_room_of_the_project_that_answers_a_question_is_in_the_page() -> None:
    page = files(PROJECT)["docs/architecture.md"]
    assert all(f"### {room.path}" in page for room in rooms(PROJECT))
    asked = {room.path for room in rooms(PROJECT) if room.questions}
    assert asked >= {f"operator/vireo/{room}" for room in ("api", "kinds", "kube", "process", "reconcile")}
