"""What a run of tiers came to: a line each, and all tests counted in the last line, as pytest does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINE_AT_MOST, LINES_AT_MOST = 300, 20
"""Of the tests that failed: characters of a line, and lines of a tier. The rest is in its log."""
WORDS = ("failed", "error", "passed", "skipped", "xfailed", "xpassed")


@dataclass(frozen=True)
class Result:
    """What became of one tier; `failure` says why it failed, `failed` are pytest's lines of the tests that did."""

    name: str
    seconds: float
    counts: Mapping[str, int]
    notes: Sequence[str]
    failure: str
    log: Path
    failed: Sequence[str] = ()

    @property
    def ok(self) -> bool:
        return not self.failure


def summary(results: Sequence[Result], seconds: float) -> str:
    """The table, what failed, and the line of all."""
    total = Counter[str]()
    for result in results:
        total.update(result.counts)
    failed = "".join(f", {result.name} FAILED" for result in results if not result.ok)
    closing = f"== {_counted(total) or 'no tests'} in {seconds:.2f}s{failed} =="
    said = [line[:LINE_AT_MOST] for result in results for line in result.failed[:LINES_AT_MOST]]
    return "\n".join(["", f"{'tier':8} {'result':8} {'time':>9}", *map(_row, results), *said, closing])


def _row(result: Result) -> str:
    said = "; ".join(text for text in (_counted(result.counts), result.failure, *result.notes) if text)
    where = "" if result.ok else f" (see {result.log})"
    return f"{result.name:8} {'ok' if result.ok else 'FAILED':8} {result.seconds:7.1f} s  {said}{where}".rstrip()


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in WORDS if counts.get(word))
