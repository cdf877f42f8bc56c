"""`python -m lint` asks every gate, `python -m lint NAME...` some. Ends with 1 if one has something to say."""

import argparse
import sys
import time

from cloud.steps import Failure
from lint.gates import GATES


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lint", description=__doc__)
    parser.add_argument("gate", nargs="*", help=f"{', '.join(GATES)} (default: all)")
    asked = parser.parse_args(arguments).gate or list(GATES)
    if unknown := set(asked) - GATES.keys():
        parser.error(f"no such gate: {', '.join(sorted(unknown))}; there are {', '.join(GATES)}")
    failed = [name for name in asked if not passes(name)]
    if failed:
        print(f"not as the house wants it: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def passes(name: str) -> bool:
    """Asks one gate, and prints its time and what it says."""
    began = time.monotonic()
    try:
        complaints = list(GATES[name]())
    except Failure as failure:
        complaints = failure.report().splitlines()
    print(f"{time.monotonic() - began:7.1f} s  {name}: {'FAILED' if complaints else 'ok'}", flush=True)
    print(*(f"  {line}" for line in complaints), sep="\n", end="\n" if complaints else "")
    return not complaints


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
