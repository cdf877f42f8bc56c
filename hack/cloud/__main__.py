"""python -m cloud up | down | dir | env | status | node-down NODE [--power] | node-up NODE"""

import argparse
import sys
from types import ModuleType

from cloud import processes
from cloud.api import Api, condition
from cloud.settings import Settings
from cloud.steps import Failure, NotYet, Steps


def main(arguments: list[str] | None = None) -> int:
    """The exit code; a failure is told on standard error, with what to do."""
    asked = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environment() if asked.command == "up" else Settings.running()
        COMMANDS[asked.command](settings, asked)
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; `make up` goes on from here, `make down` cleans up", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cloud", description="The local cloud (see hack/cloud).")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="bring the cloud up, from whatever state it is in")
    commands.add_parser("down", help="take it down and leave nothing")
    commands.add_parser("dir", help="print the folder of the cloud in force")
    commands.add_parser("env", help='print what a shell needs: eval "$(hack/cloud/env)"')
    commands.add_parser("status", help="what runs")
    node_down = commands.add_parser("node-down", help="cut a node off; what runs on it goes on")
    node_down.add_argument("node")
    node_down.add_argument("--power", action="store_true", help="end it and all that runs on it, at once")
    commands.add_parser("node-up", help="let a node answer again").add_argument("node")
    return parser


def _up(settings: Settings, _: argparse.Namespace) -> None:
    from cloud.up import up

    print(f"export KUBECONFIG={up(settings).kubeconfig}")


def _down(settings: Settings, _: argparse.Namespace) -> None:
    from cloud.down import down

    down(settings)


def _dir(settings: Settings, _: argparse.Namespace) -> None:
    print(settings.dir)


def _env(settings: Settings, _: argparse.Namespace) -> None:
    print(f"export VIREO_CLOUD='{settings.dir}' KUBECONFIG='{settings.kubeconfig}' PATH='{settings.bin}':\"$PATH\"")


def _status(settings: Settings, _: argparse.Namespace) -> None:
    print(f"cloud {settings.network.index} in {settings.dir}")
    first: dict[str, processes.Running] = {}
    for running in sorted(processes.everything(settings)):
        first.setdefault(running.name, running)
    for name, running in sorted(first.items()):
        print(f"  {name:26} pid {running.pid}")
    try:
        for node in Api(settings).items("/api/v1/nodes"):
            state = condition(node, "Ready").get("status")
            print(f"  {node['metadata']['name']:26} {'Ready' if state == 'True' else 'not Ready'}")
    except NotYet as missing:
        print(f"  {missing}")


def _node_down(settings: Settings, asked: argparse.Namespace) -> None:
    _nodes_of_its_kind(settings, asked.node).node_down(settings, asked.node, power=asked.power)


def _node_up(settings: Settings, asked: argparse.Namespace) -> None:
    _nodes_of_its_kind(settings, asked.node).node_up(settings, asked.node, Steps())


def _nodes_of_its_kind(settings: Settings, name: str) -> ModuleType:
    from cloud import nodes, simulated

    return nodes if name in settings.node_names else simulated


COMMANDS = {
    "up": _up,
    "down": _down,
    "dir": _dir,
    "env": _env,
    "status": _status,
    "node-down": _node_down,
    "node-up": _node_up,
}

if __name__ == "__main__":
    sys.exit(main())
