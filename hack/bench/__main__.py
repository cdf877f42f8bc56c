"""python -m bench [NAME...]: all benchmarks, or those."""

import contextlib
import importlib
import sys

from cloud.settings import Settings
from cloud.steps import Failure
from cloud.up import up

BENCHMARKS = ("up", "writes", "boot", "start", "fleet")


def main(names: list[str]) -> int:
    """The exit code: 2 for a name that there is not, 1 where there is no cloud and none can be brought up."""
    if unknown := set(names) - set(BENCHMARKS):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    try:
        _bring_up_a_cloud()
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    for name in names or BENCHMARKS:
        importlib.import_module(f"bench.{name}").main()
    return 0


def _bring_up_a_cloud() -> None:
    """Where none was brought up. What it says goes beside the figures."""
    settings = Settings.from_environment()
    if not settings.steps_file.exists():
        with contextlib.redirect_stdout(sys.stderr):
            up(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
