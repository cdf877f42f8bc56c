"""The functions of a Go file that gofmt has formatted: each begins with `func` and ends with `}` at the beginning of a line."""

import re

from lint.function import Function

FUNC = re.compile(r"^func (?:\([^)]*\) )?(\w+)(?:\[[^\]]*\])?\(", re.MULTILINE)
COMMENT = re.compile(r"(?:^//[^\n]*\n)+\Z", re.MULTILINE)


def functions(text: str) -> list[Function]:
    """The functions and methods of the file; function literals count as lines of theirs."""
    return [_measure(text, found) for found in FUNC.finditer(text)]


def _measure(text: str, found: re.Match[str]) -> Function:
    start, end = found.start(), text.find("\n}\n", found.start())
    one_line = text.index("\n", start)
    if end < 0 or text[start:one_line].endswith("}"):
        end = one_line - 2
    comment = COMMENT.search(text[:start])
    return Function(
        name=found[1],
        line=text.count("\n", 0, start) + 1,
        lines=text.count("\n", start, end + 3),
        parameters=_parameters(text, found.end()),
        doc=comment[0] if comment else "",
    )


def _parameters(text: str, start: int) -> int:
    """The commas of the outermost level up to the bracket that closes the list, and one."""
    depth, commas, end = 0, 0, start
    while depth >= 0:
        letter = text[end]
        depth += (letter in "([{") - (letter in ")]}")
        commas += letter == "," and depth == 0
        end += 1
    listed = text[start : end - 1].strip()
    return 0 if not listed else commas + 1 - listed.endswith(",")
