"""How a page looks: columns and colours. Lines are not broken: a message carries commands, which are copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Mood = Literal["good", "going", "bad", "head", "plain"]
_CODES: Final[dict[Mood, str]] = {"good": "32", "going": "33", "bad": "31", "head": "1", "plain": ""}
_AGES: Final = (("d", 86400, 2 * 86400), ("h", 3600, 2 * 3600), ("m", 60, 120), ("s", 1, 0))
"""A unit, its seconds, and from how many seconds on it is used."""


@dataclass(frozen=True)
class Cell:
    """A text in a table, and how it is meant."""

    text: str
    mood: Mood = "plain"


Row = Sequence[Cell | str]


@dataclass(frozen=True)
class Style:
    """Of what is printed to."""

    colour: bool = False

    def paint(self, text: str, mood: Mood) -> str:
        code = _CODES[mood]
        return f"\033[{code}m{text}\033[0m" if self.colour and code and text else text

    def table(self, head: Sequence[str], rows: Sequence[Row]) -> list[str]:
        """Columns as wide as their widest cell. The last may be as long as it likes."""
        cells = [[Cell(name, "head") for name in head], *([_cell(one) for one in row] for row in rows)]
        widths = [max(len(row[column].text) for row in cells) for column in range(len(head))]
        return [self._line(row, widths) for row in cells]

    def _line(self, row: Sequence[Cell], widths: Sequence[int]) -> str:
        parts = [
            self.paint(cell.text, cell.mood) + " " * (width - len(cell.text))
            for cell, width in zip(row, widths, strict=True)
        ]
        return "   ".join(parts).rstrip()


def _cell(one: Cell | str) -> Cell:
    cell = one if isinstance(one, Cell) else Cell(one)
    return Cell(plain(cell.text), cell.mood)


def sentence(text: str) -> str:
    """What is said of the line above it."""
    return f"  {plain(text)}"


def plain(text: str) -> str:
    """The text as one line that can not move a cursor: messages carry words of guests and of other programs."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit of which there are at least two; nothing where nobody knows."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    unit, size = next((unit, size) for unit, size, least in _AGES if seconds >= least)
    return f"{seconds // size}{unit}"
