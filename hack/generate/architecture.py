"""docs/architecture.md: from a question to the room that answers it, made from what the rooms and modules say of themselves.

A room is a package. The last paragraph of its docstring may say `Ask here: QUESTION; QUESTION; ...`.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generate.references import HEADER, table

ASK = "Ask here: "
SOURCE = "the docstrings of packages and modules, and from pyproject.toml"
DRAWN_IN = "operator/vireo/reconcile"


@dataclass(frozen=True)
class Room:
    """A package: its path in the project, what it is for, what to ask there, its drawing, and its modules."""

    path: str
    purpose: str
    questions: tuple[str, ...]
    drawing: str
    modules: tuple[tuple[str, str], ...]

    @property
    def link(self) -> str:
        return f"[{self.path}](../{self.path})"


def files(project: Path) -> dict[str, str]:
    """The text of the page by its path in the project."""
    return {"docs/architecture.md": "\n".join(_page(project)) + "\n"}


def rooms(project: Path) -> list[Room]:
    """All rooms of the operator, then those of what builds, runs and checks it."""
    tops = (project / "operator/vireo", project / "hack")
    return [_room(project, init.parent) for top in tops for init in sorted(top.rglob("__init__.py"))]


def _room(project: Path, package: Path) -> Room:
    paragraphs = _docstring(package / "__init__.py").split("\n\n")
    asked = [_line(one).removeprefix(ASK) for one in paragraphs if one.startswith(ASK)]
    drawing = [one for one in paragraphs if one.startswith("  ")]
    modules = [path for path in sorted(package.glob("*.py")) if not path.name.startswith("__")]
    return Room(
        path=str(package.relative_to(project)),
        purpose=_line(paragraphs[0]),
        questions=tuple(question.removesuffix(".") for one in asked for question in one.split("; ")),
        drawing="\n\n".join(drawing),
        modules=tuple((path.name, _sentence(_docstring(path))) for path in modules),
    )


def _docstring(path: Path) -> str:
    """A module's docstring as it stands, but for the indentation that all its lines share."""
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def _line(paragraph: str) -> str:
    return " ".join(paragraph.split())


def _sentence(text: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[.!?])\s", _line(text.split("\n\n")[0]), maxsplit=1)[0]


def _page(project: Path) -> Iterator[str]:
    found = rooms(project)
    yield HEADER.format(source=SOURCE)
    yield "# Architecture\n"
    yield "## The way of the data\n"
    yield from _drawing(next(room for room in found if room.path == DRAWN_IN))
    yield "\n## Whom to ask\n"
    yield from table(("Question", "Room"), [(question, room.link) for room in found for question in room.questions])
    yield "\n## Who may import whom\n"
    yield from _layers(project)
    yield "\n## The rooms"
    for room in found:
        yield f"\n### {room.path}\n\n{room.purpose}"
        if room.modules:
            yield ""
            yield from table(("Module", "What it is"), [(f"`{name}`", says) for name, says in room.modules])


def _drawing(room: Room) -> Iterator[str]:
    yield "```"
    yield room.drawing
    yield "```"


def _layers(project: Path) -> Iterator[str]:
    contracts = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    yield "A room imports from the rooms below its own line, never from beside or above; rooms in brackets are planned."
    yield "`make lint` fails where this, or one of the rules after it, does not hold.\n"
    yield "```"
    yield from (layer.replace(" | ", "   ") for layer in layers)
    yield "```\n"
    yield from (f"- {contract['name']}." for contract in contracts if contract["type"] != "layers")
