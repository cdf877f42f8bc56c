"""python -m bench [NAME...]: all benchmarks, or those."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cloud.down import down
from cloud.settings import Settings, default_dir
from cloud.steps import Failure
from cloud.up import up

BENCHMARKS: Mapping[str, Mapping[str, str] | None] = {
    "extender": None,
    "up": {},
    "writes": {},
    "boot": {},
    "pairs": {},
    "estimates": {},
    "operators": {"VIREO_REAL_NODES": "0", "VIREO_NODES": "0", "VIREO_RUN": "none"},
    "scheduling": {"VIREO_REAL_NODES": "0", "VIREO_NODES": "0", "VIREO_RUN": "none"},
    "start": {"VIREO_REAL_NODES": "0", "VIREO_NODES": "5", "VIREO_RUN": "process"},
    "fleet": {"VIREO_REAL_NODES": "0", "VIREO_NODES": "10", "VIREO_RUN": "process"},
    "quiet": {"VIREO_REAL_NODES": "0", "VIREO_NODES": "5", "VIREO_RUN": "process"},
}
"""Each with what its own cloud must be; those that ask for nothing run in the cloud in force, and None needs no cloud."""


def main(names: list[str]) -> int:
    """The exit code: 2 for a name that there is not, 1 where a cloud can not be brought up or a benchmark not be run."""
    if unknown := set(names) - set(BENCHMARKS):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    try:
        for name in names or BENCHMARKS:
            with _cloud(BENCHMARKS[name]) as settings:
                importlib.import_module(f"bench.{name}").main(settings)
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    return 0


@contextmanager
def _cloud(asked: Mapping[str, str] | None) -> Iterator[Settings]:
    """The cloud in force, brought up if there is none; a benchmark that asks for another has one of its own, which goes afterwards,
    unless VIREO_CLOUD names one that is up."""
    settings = Settings.running()
    if asked is None or (settings.steps_file.exists() and (not asked or os.environ.get("VIREO_CLOUD"))):
        yield settings
    elif not asked:
        yield _up(Settings.from_environment())
    else:
        own = Settings.from_environment({**os.environ, **asked, "VIREO_CLOUD": f"{default_dir(os.environ)}-bench"})
        try:
            yield _up(own)
        finally:
            with contextlib.redirect_stdout(sys.stderr):
                down(Settings.running({"VIREO_CLOUD": str(own.dir)}))


def _up(settings: Settings) -> Settings:
    """What it says goes beside the figures."""
    with contextlib.redirect_stdout(sys.stderr):
        return up(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
