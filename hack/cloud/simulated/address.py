"""Where what plays the simulated nodes listens: one address of the cloud's own that virt-api and the API server reach.

With root it is an address that exists on this machine alone. Without, none can be made, and Kubernetes wants no loopback
address behind a Service: there it is the machine's own, and one such cloud a machine is all there can be.
"""

import os
import socket
from ipaddress import IPv4Address

from cloud.nodes import host
from cloud.settings import Settings
from cloud.steps import Failure

ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation: asked for the way to it, to which nothing is sent


def player_address(settings: Settings) -> IPv4Address:
    """The IP of the pods behind which a process of the host answers. Raises Failure on a machine without any network."""
    if settings.real_nodes or os.geteuid() == 0:
        return settings.network.simulated[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return IPv4Address(probe.getsockname()[0])
        except OSError as error:
            advice = "give the machine an address beside 127.0.0.1, or run as root"
            raise Failure(f"no address for simulated nodes: {error}", advice=advice) from error


def make_reachable(settings: Settings) -> None:
    """Lets this machine answer at the addresses of simulated nodes, where that takes root. `down` undoes it."""
    if os.geteuid() == 0:
        host.ip("route", "replace", "local", str(settings.network.simulated), "dev", "lo")
