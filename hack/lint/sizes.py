"""Sizes: nothing so long that a reader loses the thread. Measures Python and Go, says what is over, and where the middle lies.

A function is measured without its docstring. One that has to be long says `Long because ...` in its docstring (Go: in the
comment above it).
"""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lint import golang, python
from lint.function import Function

FUNCTION_LINES, FILE_LINES, PARAMETERS = 60, 500, 6
REASON = re.compile(r"\bLong because \S")
FUNCTIONS_OF = {".py": python.functions, ".go": golang.functions}
PLAIN = (".sh", ".c")
"""Of these only the length of the file is measured."""


@dataclass
class Measured:
    """The sizes below one folder, and what is over a bound."""

    folder: str
    files: list[int] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"{self.folder}: {len(self.files)} files, {_middle(self.files)} lines in the middle"
        if not self.functions:
            return text
        lines = [one.lines for one in self.functions]
        longest = max(self.functions, key=lambda one: one.lines)
        return (
            f"{text}; {len(lines)} functions, {_middle(lines)} in the middle, {_most_are_below(lines)} at 90 %, "
            f"{longest.lines} the longest ({longest.name})"
        )


def measure(project: Path, folder: str) -> Measured:
    """Everything written by hand below a folder of the project."""
    measured = Measured(folder)
    for path in sorted((project / folder).rglob("*")):
        if path.is_file() and path.suffix in (*FUNCTIONS_OF, *PLAIN):
            text = path.read_text()
            found = FUNCTIONS_OF[path.suffix](text) if path.suffix in FUNCTIONS_OF else []
            measured.files.append(text.count("\n"))
            measured.functions += found
            measured.over += [f"{path.relative_to(project)}{said}" for said in judge(text, found)]
    return measured


def judge(text: str, functions: Iterable[Function]) -> Iterator[str]:
    """What is over a bound in one file, as `:LINE: what`."""
    if (lines := text.count("\n")) > FILE_LINES:
        yield f":1: the file has {lines} lines; at most {FILE_LINES}"
    for one in functions:
        if one.lines > FUNCTION_LINES and not REASON.search(one.doc):
            yield f":{one.line}: {one.name} has {one.lines} lines; at most {FUNCTION_LINES}, or say `Long because ...` in its doc"
        if one.parameters > PARAMETERS:
            yield f":{one.line}: {one.name} has {one.parameters} parameters; at most {PARAMETERS}"


def _middle(sizes: Sequence[int]) -> int:
    return round(statistics.median(sizes)) if sizes else 0


def _most_are_below(sizes: Sequence[int]) -> int:
    return sorted(sizes)[int(len(sizes) * 0.9)]
