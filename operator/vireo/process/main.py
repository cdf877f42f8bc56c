"""`vireo`: the operator's command line."""

import argparse
import asyncio
import os
import signal
import sys

from vireo.process import logs
from vireo.process.run import run


def main(arguments: list[str] | None = None) -> int:
    """Runs the command that was given; the exit code."""
    options = _parser().parse_args(arguments)
    logs.configure(options.log_level)
    if options.kubeconfig:
        os.environ["KUBECONFIG"] = options.kubeconfig  # where kopf's client looks too
    return asyncio.run(_until_stopped(options.port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vireo", description="A vSphere-like API on any Kubernetes cluster with KubeVirt."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    operator = commands.add_parser("run", help="run the operator until it is stopped")
    operator.add_argument("--kubeconfig", help="default: the service account in a pod, else $KUBECONFIG")
    operator.add_argument(
        "--port", type=int, default=8080, help="of /livez, /readyz and /metrics (default: %(default)s)"
    )
    operator.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    return parser


async def _until_stopped(port: int) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(port, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
