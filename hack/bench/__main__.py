"""python -m bench [NAME...]: all benchmarks, or those."""

import importlib
import sys

BENCHMARKS = ("up", "writes", "boot")


def main(names: list[str]) -> int:
    """The exit code: 2 for a name that there is not."""
    if unknown := set(names) - set(BENCHMARKS):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        importlib.import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
