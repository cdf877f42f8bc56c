"""python -m cloud.simulated.player: plays virt-handler for the simulated nodes until it is told to end."""

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from pathlib import Path

from cloud.simulated.player import durations, nodes, server
from cloud.simulated.player.client import Client
from cloud.simulated.player.machines import Machines


def main(arguments: list[str]) -> int:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(prog="cloud.simulated.player", description=__doc__)
    parser.add_argument("--server", required=True, help="the API server: https://ADDRESS:PORT")
    parser.add_argument("--authority", required=True, help="the certificate of the API server's authority")
    parser.add_argument("--certificate", required=True, help="our certificate, an identity of virt-handler's")
    parser.add_argument("--key", required=True, help="its key")
    parser.add_argument("--address", required=True, help="where virt-api finds us: the IP of the virt-handler pods")
    parser.add_argument("--port", type=int, default=8186, help="virt-api's --console-server-port")
    parser.add_argument("--state", required=True, type=Path, help="the folder with durations.json and the loads")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    asyncio.run(_run(given))
    return 0


async def _run(given: argparse.Namespace) -> None:
    tls = ssl.create_default_context(cafile=given.authority)
    tls.load_cert_chain(given.certificate, given.key)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Client(given.server, tls) as client:
        machines = Machines(client, durations.read(given.state / "durations.json"), given.state, given.address)
        play = asyncio.create_task(_play(client, machines, given))
        stop = asyncio.create_task(ended.wait())
        await asyncio.wait((play, stop), return_when=asyncio.FIRST_COMPLETED)
        if play.done():
            play.result()
        play.cancel()


async def _play(client: Client, machines: Machines, given: argparse.Namespace) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(nodes.follow(client, machines.answer))
        group.create_task(machines.run())
        group.create_task(server.serve(client, machines, given.address, given.port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
