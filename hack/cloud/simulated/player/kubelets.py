"""What metrics-server asks a kubelet for, answered for every simulated node at one address: a path a node, which the node names.

It shows a certificate of the cluster's authority, as a kubelet does, and asks for none: all that is told here was made up.
"""

import asyncio
import logging
import ssl
import time
from pathlib import Path

from aiohttp import web

from cloud.simulated import load
from cloud.simulated.labels import METRICS_PATH
from cloud.simulated.player import resource_metrics, usage
from cloud.simulated.player.instance import node_of, uid_of
from cloud.simulated.player.machines import Machines
from cloud.simulated.player.pods import Pod
from cloud.simulated.player.usage import Container, NodeMeter, Use

log = logging.getLogger(__name__)

PORT = 10250  # a kubelet's


async def serve(machines: Machines, state: Path, tls: ssl.SSLContext, address: str) -> None:
    """Serves for ever, from the moment that all pods are known. There may be no KubeVirt yet."""
    await machines.pods_listed.wait()
    kubelets = Kubelets(machines, state)
    application = web.Application()
    application.add_routes([web.get(METRICS_PATH.format("{node}"), kubelets.answer)])
    runner = web.AppRunner(application, handle_signals=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, PORT, ssl_context=tls).start()
    log.info("metrics-server may call %s:%s", address, PORT)
    await asyncio.Event().wait()


class Kubelets:
    """The meters of all nodes. `state` is the folder with the loads.

    What ran before this program is said to have started with it: what was used until then is not known, and a count that
    began anew without a new start would be taken for a fault.
    """

    def __init__(self, machines: Machines, state: Path) -> None:
        self._machines, self._state = machines, state
        self._began = time.time()
        self._meters: dict[str, NodeMeter] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """The page of a node that answers."""
        node = request.match_info["node"]
        if node not in self._machines.nodes:
            raise web.HTTPServiceUnavailable(text=f"{node} does not answer")
        now = time.time()
        meter = self._meters.setdefault(node, NodeMeter(self._began))
        page = resource_metrics.page(*meter.read(self._uses(node), now), now)
        return web.Response(text=page, content_type=resource_metrics.CONTENT_TYPE)

    def _uses(self, node: str) -> dict[Container, Use]:
        found = {}
        for pod in self._machines.pods.on(node):
            metadata, running = pod.metadata, pod.running
            for name, use in usage.of_pod(pod, self._machine(pod)).items():
                started = max(running[name], self._began)
                found[Container(metadata.namespace, metadata.name, metadata.uid, name, started)] = use
        return found

    def _machine(self, pod: Pod) -> Use | None:
        """What the machine uses that runs in the pod."""
        running = self._machines.running(pod.machine) if pod.launches else None
        if running is None:
            return None
        vmi, domain = running
        if (node_of(vmi), uid_of(vmi)) != (pod.node, pod.machine_uid):
            return None
        loaded = load.read(self._state, *pod.machine.split("/"))
        return usage.of_machine(vmi, loaded, self._machines.durations, paused=domain.paused)
