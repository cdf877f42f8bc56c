"""How a page looks, and what may not be on it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from plugin.objects import NOW

from vireo.plugin.shown.style import Cell, Row, Style, age, sentence
from vireo.plugin.terminal import Terminal


def test_columns_are_as_wide_as_their_widest_cell_whatever_is_painted() -> None:
    rows: list[Row] = [("a", Cell("bad", "bad"), "x"), ("long", "y", "")]
    assert Style().table(("N", "STATE", "M"), rows) == ["N      STATE   M", "a      bad     x", "long   y"]
    painted = Style(colour=True).table(("N", "STATE", "M"), rows)[1]
    assert painted == "a      \033[31mbad\033[0m     x"


@given(some.text())
def test_no_words_of_others_can_move_a_cursor_or_break_a_line(text: str) -> None:
    lines = [sentence(text), *Style().table(("A",), [(text,)])]
    assert len(lines) == 3
    assert all(letter.isprintable() for line in lines for letter in line)


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=2), "2m"),
        (timedelta(minutes=119), "119m"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2), "2d"),
        (timedelta(seconds=-5), "0s"),
    ],
)
def test_ages_are_short(past: timedelta, text: str) -> None:
    assert age(NOW - past, NOW) == text


def test_an_age_that_nobody_knows_is_not_told() -> None:
    assert age(None, NOW) == ""


class Stream:
    """Standard output that is, or is no terminal."""

    def __init__(self, terminal: bool) -> None:
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("terminal", "asked", "environment", "form", "colour"),
    [
        (True, "", {}, "table", True),
        (False, "", {}, "json", False),
        (False, "table", {}, "table", False),
        (True, "json", {}, "json", True),
        (True, "", {"NO_COLOR": "1"}, "table", False),
        (True, "", {"NO_COLOR": ""}, "table", True),
        (True, "", {"TERM": "dumb"}, "table", False),
    ],
)
def test_tables_and_colour_at_a_terminal_json_elsewhere(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, asked: str, environment: dict[str, str], form: str, colour: bool
) -> None:
    monkeypatch.setattr("sys.stdout", Stream(terminal))
    found = Terminal.of_process(asked, environment)
    assert (found.form, found.style.colour) == (form, colour)
