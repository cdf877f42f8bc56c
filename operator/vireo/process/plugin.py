"""`kubectl-vireo`, which kubectl runs as `kubectl vireo`, and `kubectl_complete-vireo`, which it asks what completes a word."""

import sys

from vireo.plugin.main import COMPLETE
from vireo.plugin.main import main as run
from vireo.process.clock import now


def main() -> int:
    """The exit code."""
    return run(sys.argv[1:], now)


def complete() -> int:
    """The exit code, which is 0."""
    return run([COMPLETE, *sys.argv[1:]], now)


if __name__ == "__main__":
    sys.exit(main())
