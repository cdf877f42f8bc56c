"""What virt-api asks virt-handler for, answered for every simulated node at one address, over KubeVirt's own TLS.

virt-api takes the node's virt-handler pod, its IP and port 8186. It shows the certificate of virt-handler's clients and
wants the one of virt-handler's servers; both are KubeVirt's, and are read again whenever KubeVirt renews them.
"""

import asyncio
import base64
import logging
import re
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSMsgType, web

from cloud.simulated.player import guest
from cloud.simulated.player.client import Client, Metadata
from cloud.simulated.player.domain import Domain
from cloud.simulated.player.instance import Json, image_of, key_of, node_of
from cloud.simulated.player.machines import Machines
from cloud.simulated.player.scene import Event

log = logging.getLogger(__name__)

NAMESPACE = "kubevirt"
SECRET, AUTHORITIES = "kubevirt-virt-handler-server-certs", "kubevirt-ca"
CALLER = "kubevirt.io:system:client:virt-handler"
ROOT = "/v1/namespaces/{namespace}/virtualmachineinstances/{name}"
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


async def serve(client: Client, machines: Machines, address: str, port: int) -> None:
    """Serves for ever, from the moment that KubeVirt has made its certificates."""
    credentials = Credentials()
    runner = web.AppRunner(_application(machines), handle_signals=False)
    await runner.setup()
    async with asyncio.TaskGroup() as group:
        group.create_task(credentials.follow(client))
        await credentials.complete.wait()
        await web.TCPSite(runner, address, port, ssl_context=credentials.tls).start()
        log.info("virt-api may call %s:%s", address, port)


@dataclass
class Credentials:
    """KubeVirt's certificate for virt-handler and the authorities that it trusts, as they are now."""

    tls: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    _have: set[str] = field(default_factory=set)

    async def follow(self, client: Client) -> None:
        """Keeps them up to date, for ever."""
        self.tls.verify_mode = ssl.CERT_REQUIRED
        root = f"/api/v1/namespaces/{NAMESPACE}"
        async with asyncio.TaskGroup() as group:
            for kind, name, seen in (
                ("secrets", SECRET, self._see_certificate),
                ("configmaps", AUTHORITIES, self._see_authorities),
            ):
                watch = client.follow(f"{root}/{kind}", seen, fieldSelector=f"metadata.name={name}")
                group.create_task(watch)

    def _see_certificate(self, _: Metadata, raw: msgspec.Raw | None) -> None:
        data = {} if raw is None else msgspec.json.decode(raw, type=_Secret).data
        if data.get("tls.crt") and data.get("tls.key"):
            with tempfile.NamedTemporaryFile() as file:  # for the owner only; ssl reads keys from files alone
                file.write(base64.b64decode(data["tls.crt"]) + b"\n" + base64.b64decode(data["tls.key"]))
                file.flush()
                self.tls.load_cert_chain(file.name)
            self._got(SECRET)

    def _see_authorities(self, _: Metadata, raw: msgspec.Raw | None) -> None:
        data = {} if raw is None else msgspec.json.decode(raw, type=_Secret).data
        if bundle := data.get("ca-bundle"):
            self.tls.load_verify_locations(cadata=bundle)
            self._got(AUTHORITIES)

    def _got(self, what: str) -> None:
        self._have.add(what)
        if self._have == {SECRET, AUTHORITIES}:
            self.complete.set()


def _application(machines: Machines) -> web.Application:
    handler = Handler(machines)
    application = web.Application(middlewares=[_only_virt_api])
    acts = {
        "pause": handler.pause,
        "unpause": handler.unpause,
        "freeze": handler.freeze,
        "unfreeze": handler.unfreeze,
        "softreboot": handler.soft_reboot,
        "reset": handler.reset,
    }
    application.add_routes([web.put(f"{ROOT}/{name}", handler.act(act)) for name, act in acts.items()])
    application.add_routes(
        [
            web.get(f"{ROOT}/guestosinfo", handler.guest_info),
            web.get(f"{ROOT}/userlist", handler.empty_list),
            web.get(f"{ROOT}/filesystemlist", handler.empty_list),
            web.get(f"{ROOT}/console", handler.console),
        ]
    )
    return application


@web.middleware
async def _only_virt_api(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """TLS has seen to it that the caller has a certificate of KubeVirt's; here, that it is the right one."""
    certificate = request.transport.get_extra_info("peercert") if request.transport else None
    names = [value for part in (certificate or {}).get("subject", ()) for kind, value in part if kind == "commonName"]
    if names != [CALLER]:
        raise web.HTTPForbidden(text=f"common name is invalid, got {names}")
    return await handler(request)


Act = Callable[[Json, Domain, web.Request], Awaitable[str]]


class Handler:
    """The acts on running machines. Each changes the domain; the machine's next turn writes what follows from it."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines

    def act(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that acts on the machine, lets it have a turn, and records the event whose reason the act returns."""

        async def handle(request: web.Request) -> web.Response:
            vmi, domain = self._running(request)
            reason = await act(vmi, domain, request)
            self._machines.keys.add(key_of(vmi))
            if reason:
                words = f"VirtualMachineInstance {reason.lower().replace('softre', 'soft re')}"
                await self._machines.tell(vmi, Event(node_of(vmi), "Normal", reason, words))
            return web.Response(status=202)

        return handle

    def _running(self, request: web.Request) -> tuple[Json, Domain]:
        key = f"{request.match_info['namespace']}/{request.match_info['name']}"
        found = self._machines.running(key)
        if found is None:
            raise web.HTTPNotFound(text=f"VMI {key} does not exist")
        return found

    async def pause(self, _: Json, domain: Domain, __: web.Request) -> str:
        """Stops the processors."""
        domain.paused = True
        return "Paused"

    async def unpause(self, _: Json, domain: Domain, __: web.Request) -> str:
        """Lets the processors go on."""
        domain.paused = False
        return "Unpaused"

    async def freeze(self, _: Json, domain: Domain, request: web.Request) -> str:
        """Freezes the guest's file systems until they are thawed, or the time in the request has passed."""
        now = time.time()
        if not domain.agent(now):
            raise web.HTTPBadRequest(text="Guest agent is not responding: QEMU guest agent is not connected")
        try:
            domain.frozen_until = now + duration((await request.json())["unfreezeTimeout"])
        except (ValueError, KeyError) as error:
            raise web.HTTPBadRequest(text="Unfreeze timeout in freeze request is not set") from error
        return ""

    async def unfreeze(self, _: Json, domain: Domain, __: web.Request) -> str:
        """Thaws the guest's file systems."""
        domain.frozen_until = 0.0
        return ""

    async def soft_reboot(self, vmi: Json, domain: Domain, _: web.Request) -> str:
        """Asks the guest to boot anew."""
        domain.reboot(self._machines.durations, image_of(vmi), time.time())
        return "SoftRebooted"

    async def reset(self, vmi: Json, domain: Domain, _: web.Request) -> str:
        """Makes the guest boot anew."""
        domain.reboot(self._machines.durations, image_of(vmi), time.time())
        return "Reset"

    async def guest_info(self, request: web.Request) -> web.Response:
        """What the guest's agent says of its guest."""
        vmi, domain = self._running(request)
        return web.json_response(guest.agent_info(vmi, domain.frozen(time.time())))

    async def empty_list(self, request: web.Request) -> web.Response:
        """No users, no file systems."""
        self._running(request)
        return web.json_response(guest.EMPTY_LIST)

    async def console(self, request: web.Request) -> web.WebSocketResponse:
        """The serial console: a greeting that says what this is, an echo, and the one command `poweroff`."""
        vmi, domain = self._running(request)
        socket = web.WebSocketResponse(protocols=("plain.kubevirt.io",))
        await socket.prepare(request)
        await socket.send_bytes(guest.greeting(vmi).encode())
        line = b""
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                continue
            await socket.send_bytes(message.data.replace(b"\r", b"\r\n"))
            line = (line + message.data)[-80:]
            if line.rstrip(b"\r\n").endswith(b"poweroff") and line.endswith((b"\r", b"\n")):
                domain.power_off(time.time())
                self._machines.keys.add(key_of(vmi))
                break
        return socket


def duration(text: str) -> float:
    """Seconds of a Go duration such as 5m0s. Raises ValueError for anything else."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration such as 5m0s")
    return sum(float(number) * UNITS[unit] for number, unit in parts)
