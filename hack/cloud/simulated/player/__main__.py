"""python -m cloud.simulated.player: plays virt-handler for the simulated nodes until it is told to end."""

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from pathlib import Path

from cloud.simulated.labels import HANDLER, KUBELETS, NODE
from cloud.simulated.player import durations, kubelets, nodes, server
from cloud.simulated.player.client import Client
from cloud.simulated.player.machines import Machines


def main(arguments: list[str]) -> int:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(prog="cloud.simulated.player", description=__doc__)
    parser.add_argument("--server", required=True, help="the API server: https://ADDRESS:PORT")
    parser.add_argument("--pki", required=True, type=Path, help="the folder with the certificates")
    parser.add_argument("--address", required=True, help="where virt-api finds us: the IP of the virt-handler pods")
    parser.add_argument("--port", type=int, default=8186, help="virt-api's --console-server-port")
    parser.add_argument("--state", required=True, type=Path, help="the folder with durations.json and the loads")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    asyncio.run(_run(given))
    return 0


async def _run(given: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with _client(given, HANDLER) as handler, _client(given, NODE) as node:
        play = asyncio.create_task(_play(handler, node, given))
        stop = asyncio.create_task(ended.wait())
        await asyncio.wait((play, stop), return_when=asyncio.FIRST_COMPLETED)
        if play.done():
            play.result()
        play.cancel()


def _client(given: argparse.Namespace, identity: str) -> Client:
    tls = ssl.create_default_context(cafile=given.pki / "ca.crt")
    tls.load_cert_chain(given.pki / f"{identity}.crt", given.pki / f"{identity}.key")
    return Client(given.server, tls)


def _kubelet_tls(given: argparse.Namespace) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(given.pki / f"{KUBELETS}.crt", given.pki / f"{KUBELETS}.key")
    return tls


async def _play(handler: Client, node: Client, given: argparse.Namespace) -> None:
    machines = Machines(handler, node, durations.read(given.state / "durations.json"), given.state, given.address)
    async with asyncio.TaskGroup() as group:
        group.create_task(nodes.follow(node, machines.answer))
        group.create_task(machines.run())
        group.create_task(server.serve(node, machines, given.address, given.port))
        group.create_task(kubelets.serve(machines, given.state, _kubelet_tls(given), given.address))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
