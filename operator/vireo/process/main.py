"""`vireo`: the command line."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from vireo.kube.client import ApiError
from vireo.kube.leadership import Leadership, LostLeadError
from vireo.process import logs
from vireo.process.check import check
from vireo.process.clock import now
from vireo.process.run import run

log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command that was given; the exit code."""
    options = _parser().parse_args(arguments)
    logs.configure(options.log_level)
    if options.kubeconfig:
        os.environ["KUBECONFIG"] = options.kubeconfig  # where kopf's client looks too
    if options.command == "check":
        return _check(options.output)
    return uvloop.run(SERVES.get(options.command, _until_stopped)(options))


def _check(output: str) -> int:
    try:
        return asyncio.run(check(now(), output))
    except ApiError as error:
        print(f"vireo check: {error}", file=sys.stderr)
        return 2


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
    operator.add_argument(
        "--leader-elect-resource-namespace",
        default=_pod_namespace() or "vireo",
        help="where the Lease lies by which one of several operators works (default: the pod's namespace, else %(default)s)",
    )
    operator.add_argument(
        "--leader-elect-resource-name", default="vireo-operator", help="the Lease's name (default: %(default)s)"
    )
    operator.add_argument(
        "--scheduler-name",
        default="",
        help="the scheduler that new machines and workloads name (default: none, which is the cluster's default one)",
    )
    webhook = commands.add_parser("admission", help="serve the webhook that speaks while something is applied")
    _add_admission(webhook)
    ranks = commands.add_parser("extender", help="rank nodes by their measured load for the scheduler beside it")
    _add_extender(ranks)
    found = commands.add_parser("check", help="say what this cluster can do for Vireo, and what is missing")
    found.add_argument("--kubeconfig", help="default: $KUBECONFIG, else ~/.kube/config")
    found.add_argument("--output", "-o", default="table", choices=("table", "json"), help="default: %(default)s")
    for command in (operator, webhook, ranks, found):
        command.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    return parser


def _add_admission(webhook: argparse.ArgumentParser) -> None:
    webhook.add_argument("--kubeconfig", help="default: the service account in a pod, else $KUBECONFIG")
    webhook.add_argument("--port", type=int, default=9443, help="of the reviews, over TLS (default: %(default)s)")
    webhook.add_argument(
        "--health-port", type=int, default=8080, help="of /livez, /readyz and /metrics (default: %(default)s)"
    )
    webhook.add_argument(
        "--namespace",
        default=_pod_namespace() or "vireo",
        help="of the Secret and the Service (default: the pod's, else %(default)s)",
    )
    webhook.add_argument("--secret", default="vireo-admission", help="with the certificate (default: %(default)s)")
    webhook.add_argument(
        "--webhook-configuration", default="vireo-admission", help="that the API server asks by (default: %(default)s)"
    )
    webhook.add_argument(
        "--host", action="append", help="a name that the certificate is for (default: vireo-admission.NAMESPACE.svc)"
    )
    webhook.add_argument(
        "--certificates",
        default="own",
        choices=("own", "given"),
        help="own: made, renewed and made known here; given: by others, such as cert-manager (default: %(default)s)",
    )


def _add_extender(ranks: argparse.ArgumentParser) -> None:
    ranks.add_argument("--kubeconfig", help="default: the service account in a pod, else $KUBECONFIG")
    ranks.add_argument("--host", default="127.0.0.1", help="where the scheduler reaches it (default: %(default)s)")
    ranks.add_argument("--port", type=int, default=8899, help="of /prioritize (default: %(default)s)")
    ranks.add_argument(
        "--health-port", type=int, default=8081, help="of /livez, /readyz and /metrics (default: %(default)s)"
    )
    ranks.add_argument(
        "--prometheus",
        default="",
        metavar="URL",
        help="a Prometheus that scrapes KubeVirt and the kubelets, asked beside metrics.k8s.io for traffic, for what guests use of their "
        "memory, and for how long vCPUs waited (default: none)",
    )


async def _serve_reviews(options: argparse.Namespace) -> int:
    from vireo.process import admission  # here: what makes certificates takes 9 MiB, and the operator does without

    await admission.run(
        admission.Options(
            port=options.port,
            health_port=options.health_port,
            namespace=options.namespace,
            secret=options.secret,
            configuration=options.webhook_configuration,
            hosts=tuple(options.host or [f"vireo-admission.{options.namespace}.svc"]),
            makes_certificates=options.certificates == "own",
        ),
        _identity(),
        _told_to_stop(),
    )
    return 0


async def _serve_scheduler(options: argparse.Namespace) -> int:
    from vireo.process import extender  # here: numpy takes 30 MiB, and the others do without

    asked = extender.Options(options.host, options.port, options.health_port, options.prometheus)
    await extender.run(asked, _identity(), _told_to_stop())
    return 0


SERVES: Final = {"admission": _serve_reviews, "extender": _serve_scheduler}


def _told_to_stop() -> asyncio.Event:
    """Set by the signals that ask a process to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _until_stopped(options: argparse.Namespace) -> int:
    leadership = Leadership(
        options.leader_elect_resource_namespace, options.leader_elect_resource_name, _identity(), now
    )
    code = 0
    try:
        await run(options.port, _told_to_stop(), leadership, options.scheduler_name)
    except* LostLeadError as lost:
        log.error("%s", next(_leaves(lost)))
        code = 1
    return code


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors themselves in groups of them."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for one in error.exceptions:
        yield from _leaves(one)


def _pod_namespace() -> str:
    """Empty where this is no pod."""
    file = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    return file.read_text().strip() if file.exists() else ""


def _identity() -> str:
    """A pod has its name to itself, and a container that is started anew in it goes on where the one before it ended."""
    host = socket.gethostname()
    return host if "KUBERNETES_SERVICE_HOST" in os.environ else f"{host}_{uuid.uuid4()}"


if __name__ == "__main__":
    sys.exit(main())
