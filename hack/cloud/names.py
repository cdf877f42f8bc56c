"""The cluster's name service, a process of the host: `python -m cloud.names`.

    NAME.NAMESPACE.svc.cluster.local     the cluster address of a Service (a headless one has none)
    registry.local                       the registry, by the name that images have

Nothing else has a name: no packet leaves the machine, and who asks for more is told so at once.
"""

import re
import struct
import sys
from collections.abc import Callable
from ipaddress import IPv4Address
from socketserver import BaseRequestHandler, UDPServer
from typing import Final

from cloud import processes
from cloud.api import Api
from cloud.build.images import REGISTRY
from cloud.processes import Process
from cloud.settings import CHECKOUT, DOMAIN, Settings
from cloud.steps import NotYet

SERVICE: Final = re.compile(rf"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.{re.escape(DOMAIN)})?")
PORT, ADDRESS, INTERNET, SECONDS = 53, 1, 1, 5
HEADER, ENDS, RECORD = struct.Struct("!6H"), struct.Struct("!HH"), struct.Struct("!HHHIH4s")
IS_ANSWER, WANTS_RECURSION, THE_QUESTIONS_NAME = 0x8480, 0x0100, 0xC000 | HEADER.size
FOUND, TRY_AGAIN, NO_SUCH_NAME = 0, 2, 3

LookUp = Callable[[str], IPv4Address | None]


def start(settings: Settings) -> None:
    """Starts the name service. The API server need not be there: it is asked for Services only."""
    environment = {"PYTHONPATH": str(CHECKOUT / "hack"), "VIREO_CLOUD": str(settings.dir)}
    command = (sys.executable, "-m", "cloud.names")
    processes.start(settings, Process("names", command, environment, files=(CHECKOUT / "hack/cloud/names.py",)))


def serve(settings: Settings) -> None:
    """Answers one question after the other until it is ended."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            question, socket = self.request
            if found := answer(question, look_up):
                socket.sendto(found, self.client_address)

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
    record = b""
    if found and kind == ADDRESS:
        record = RECORD.pack(THE_QUESTIONS_NAME, ADDRESS, INTERNET, SECONDS, len(found.packed), found.packed)
    header = HEADER.pack(number, IS_ANSWER | flags & WANTS_RECURSION | outcome, 1, bool(record), 0, 0)
    return header + question[HEADER.size : end + ENDS.size] + record


def _names(settings: Settings) -> LookUp:
    api = Api(settings)

    def look_up(name: str) -> IPv4Address | None:
        if name == REGISTRY:
            return settings.network.host
        service = SERVICE.fullmatch(name)
        found = service and api.get(f"/api/v1/namespaces/{service[2]}/services/{service[1]}")
        address = found["spec"].get("clusterIP", "None") if found else "None"
        return None if address == "None" else IPv4Address(address)

    return look_up


def _looked_up(name: str, look_up: LookUp) -> tuple[IPv4Address | None, int]:
    try:
        found = look_up(name)
    except NotYet:
        return None, TRY_AGAIN
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
