"""`python -m tiers` runs all tiers in their order, `python -m tiers NAME...` some. Ends with 1 if one failed."""

import argparse
import math
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from cloud.build import debian, oci
from cloud.nodes import needs
from cloud.steps import Failure, Steps
from tiers.summary import Result, summary
from tiers.table import ALL, LANES, TIERS, log_of
from tiers.work import TierError, Work


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tiers", description=__doc__)
    parser.add_argument("tier", nargs="*", help="; ".join(f"{name}: {tier.does}" for name, tier in ALL.items()))
    asked = parser.parse_args(arguments).tier or list(TIERS)
    if unknown := set(asked) - ALL.keys():
        parser.error(f"no such tier: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    try:
        _install_packages()
        results = run_all(asked)
    except KeyboardInterrupt:
        print("\nstopped; what was started for the tests is gone", file=sys.stderr)
        return 130
    print(summary(results, time.monotonic() - began), flush=True)
    return 0 if all(result.ok for result in results) else 1


def run_all(asked: Sequence[str]) -> list[Result]:
    """Lane beside lane, in each one tier after the other; the results in the order that was asked for."""
    found = [[name for name in asked if name in names] for names in LANES]
    side_by_side = [lane for lane in found if lane]
    width = max(map(len, asked))
    works = {name: _work(name, f"{name:{width}} | " if len(side_by_side) > 1 else "") for name in asked}
    with ThreadPoolExecutor(len(side_by_side)) as pool:
        try:
            results = list(pool.map(lambda lane: [run(works[name]) for name in lane], side_by_side))
        except KeyboardInterrupt:
            for work in works.values():
                work.stop()
            raise
    by_name = {result.name: result for lane in results for result in lane}
    return [by_name[name] for name in asked]


def _work(name: str, prefix: str) -> Work:
    log = log_of(name)
    log.parent.mkdir(exist_ok=True)
    log.write_text("")
    return Work(name, log, math.inf, prefix=prefix)


def run(work: Work) -> Result:
    """Runs one tier to its end, whatever that is. One that was stopped before it began is not begun."""
    tier = ALL[work.name]
    began = time.monotonic()
    if work.deadline < began:
        return Result(work.name, 0.0, work.counts, work.notes, "stopped", work.log)
    work.deadline = began + tier.minutes * 60
    work.show(f"== {work.name}: {tier.does}")
    failure = ""
    try:
        tier.work(work)
    except (TierError, Failure) as error:
        failure = str(error)
    seconds = time.monotonic() - began
    work.show(f"== {work.name}: {failure or 'ok'} after {seconds:.1f} s")
    return Result(work.name, seconds, work.counts, work.notes, failure, work.log, work.failed)


def _install_packages() -> None:
    """What tests use of Debian. Where it can not be installed, they say what they leave out."""
    wanted: Iterable[str] = (*oci.HOST_PACKAGES, *needs.packages())
    if os.geteuid() == 0:
        try:
            debian.require(set(wanted), Steps())
        except Failure as failure:
            print(failure.report(), flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Being told to end is like Ctrl-C: what was started is ended first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
