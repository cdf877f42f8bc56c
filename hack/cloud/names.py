"""The cluster's name service, a process of the host: `python -m cloud.names`.

    NAME.NAMESPACE.svc.cluster.local          the address of a Service, or, of a headless one, those of its pods that are ready
    POD.NAME.NAMESPACE.svc.cluster.local      one of these
    registry.local                            the registry, by the name that images have

Nothing else has a name: no packet leaves the machine, and who asks for more is told so at once.
"""

import re
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address
from socketserver import BaseRequestHandler, UDPServer
from typing import Final

from cloud import processes
from cloud.api import Api, Object
from cloud.build.images import REGISTRY
from cloud.processes import Process, log_file
from cloud.settings import CHECKOUT, DOMAIN, Settings
from cloud.steps import NotYet, Steps

SERVICE: Final = re.compile(rf"(?:([a-z0-9-]+)\.)?([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.{re.escape(DOMAIN)})?")
SLICES: Final = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"
AT_MOST: Final = 20  # addresses that fit into one answer
PORT, ADDRESS, INTERNET, SECONDS = 53, 1, 1, 5
HEADER, ENDS, RECORD = struct.Struct("!6H"), struct.Struct("!HH"), struct.Struct("!HHHIH4s")
IS_ANSWER, WANTS_RECURSION, THE_QUESTIONS_NAME = 0x8480, 0x0100, 0xC000 | HEADER.size
FOUND, TRY_AGAIN, NO_SUCH_NAME = 0, 2, 3

LookUp = Callable[[str], Sequence[IPv4Address]]


def deploy(settings: Settings, steps: Steps) -> None:
    """Starts the name service and returns when it answers. The API server need not be there: it is asked for Services only."""
    environment = {"PYTHONPATH": str(CHECKOUT / "hack"), "VIREO_CLOUD": str(settings.dir)}
    command = (sys.executable, "-m", "cloud.names")
    with steps.step("names") as step:
        processes.start(settings, Process("names", command, environment, files=(CHECKOUT / "hack/cloud/names.py",)))
        log = log_file(settings, "names")
        step.wait("the name service", lambda: _check_answers(settings), seconds=20, log=log)


def _check_answers(settings: Settings) -> None:
    """Asks for the name of length 0, which is not known. Raises NotYet without an answer."""
    processes.still_running(settings, "names")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        try:
            asking.connect((str(settings.network.host), PORT))
            asking.send(HEADER.pack(0, 0, 1, 0, 0, 0) + b"\0" + ENDS.pack(ADDRESS, INTERNET))
            asking.recv(512)
        except OSError as error:
            raise NotYet(str(error)) from error


def serve(settings: Settings) -> None:
    """Answers one question after the other until it is ended."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            question, asked = self.request
            if found := answer(question, look_up):
                asked.sendto(found, self.client_address)

    look_up = _names(settings)
    with UDPServer((str(settings.network.host), PORT), Handler) as server:
        server.serve_forever()


def answer(question: bytes, look_up: LookUp) -> bytes:
    """The answer to a question of DNS (RFC 1035), or nothing to what is none."""
    try:
        number, flags, *_ = HEADER.unpack_from(question)
        name, end = _name(question)
        kind, _ = ENDS.unpack_from(question, end)
    except (struct.error, IndexError, UnicodeDecodeError):
        return b""
    found, outcome = _looked_up(name, look_up)
    records = [_record(one) for one in found[:AT_MOST]] if kind == ADDRESS else []
    header = HEADER.pack(number, IS_ANSWER | flags & WANTS_RECURSION | outcome, 1, len(records), 0, 0)
    return header + question[HEADER.size : end + ENDS.size] + b"".join(records)


def _record(address: IPv4Address) -> bytes:
    return RECORD.pack(THE_QUESTIONS_NAME, ADDRESS, INTERNET, SECONDS, len(address.packed), address.packed)


def _names(settings: Settings) -> LookUp:
    api = Api(settings)

    def look_up(name: str) -> Sequence[IPv4Address]:
        if name == REGISTRY:
            return [settings.network.host]
        if not (asked := SERVICE.fullmatch(name)):
            return []
        pod, service, namespace = asked.groups()
        found = api.get(f"/api/v1/namespaces/{namespace}/services/{service}") or {"spec": {}}
        address = found["spec"].get("clusterIP", "None")
        if address != "None" and pod is None:
            return [IPv4Address(address)]
        slices = api.items(SLICES.format(namespace), labelSelector=f"kubernetes.io/service-name={service}")
        return list(_ready(slices, pod))

    return look_up


def _ready(slices: Sequence[Object], pod: str | None) -> Iterator[IPv4Address]:
    """The addresses of the pods that are ready, or of the one of that name."""
    for endpoint in (endpoint for one in slices for endpoint in one["endpoints"] or ()):
        if endpoint["conditions"].get("ready") and pod in {None, endpoint.get("hostname")}:
            yield from map(IPv4Address, endpoint["addresses"])


def _looked_up(name: str, look_up: LookUp) -> tuple[Sequence[IPv4Address], int]:
    try:
        found = look_up(name)
    except NotYet:
        return [], TRY_AGAIN
    return found, FOUND if found else NO_SUCH_NAME


def _name(question: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, at = list[str](), HEADER.size
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


if __name__ == "__main__":
    serve(Settings.running())
