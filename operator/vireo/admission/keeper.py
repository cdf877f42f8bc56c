"""The keeper: the certificate that all replicas serve with, from a Secret; and what the API server is told to trust.

Each replica looks at both, and whichever sees first that something is due writes it, bound to the version that it saw. A settled system
is only read. Where others make the certificates (cert-manager), nothing is written at all.
"""

import asyncio
import base64
import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from vireo.admission.certificates import Chain, read, renewed
from vireo.api.resources import SECRET, Key, Resource
from vireo.kube.client import MERGE_PATCH, STRATEGIC_MERGE_PATCH, ApiError, Client

log = logging.getLogger(__name__)

WEBHOOKS: Final = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
)
LOOK_SECONDS: Final = 10.0
CONFLICT: Final = 409


class _Meta(msgspec.Struct, rename="camel"):
    resource_version: str


class _Secret(msgspec.Struct):
    metadata: _Meta
    data: dict[str, str] = {}


class _ClientConfig(msgspec.Struct, rename="camel"):
    ca_bundle: str = ""


class _Webhook(msgspec.Struct, rename="camel"):
    name: str
    client_config: _ClientConfig


class _Configuration(msgspec.Struct):
    metadata: _Meta
    webhooks: list[_Webhook] = []


@dataclass
class Keeper:
    """Of one replica. `context` is what its server answers with; a new certificate counts from the next connection on."""

    client: Client
    secret: Key
    configuration: str
    hosts: tuple[str, ...]
    now: Callable[[], datetime]
    makes: bool = True
    """Whether certificates are made and made known here; else by others."""
    context: ssl.SSLContext = field(default_factory=lambda: ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    chain: Chain | None = None
    known: bool = False
    """Whether the API server is told to trust what is served with."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except ApiError as error:
                log.warning("certificates: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Brings this replica, the Secret and the configuration into step. Raises ApiError.

        The configuration is read first: what another replica made known by then is in the Secret that is read after it.
        """
        configuration = await self._configuration()
        chain = await self._newest()
        if chain and chain != self.chain and self._may_serve(chain, configuration):
            load(self.context, chain)
            log.info("serving with the certificate that is valid until %s", chain.ends.isoformat())
            self.chain = chain
        if self.chain:
            self.known = (
                await self._make_known(self.chain, configuration)
                if self.makes
                else _is_known(self.chain, configuration)
            )

    def not_ready(self) -> str:
        """Why the API server would not get an answer; empty where it would."""
        if self.chain is None or not self.chain.valid(self.now()):
            return f"no valid certificate in {self.secret}"
        return "" if self.known else f"{WEBHOOKS.kind} {self.configuration} does not have the certificate's authority"

    def _may_serve(self, chain: Chain, configuration: _Configuration) -> bool:
        """One that others made waits until they made it known, as long as the one before it is valid."""
        before = self.chain and self.chain.valid(self.now())
        return self.makes or not before or _is_known(chain, configuration)

    async def _newest(self) -> Chain | None:
        """The chain in the Secret, after what was due was written. What was lost there is known here still."""
        while True:
            version, data = await self._read()
            found = read(data)
            if not self.makes:
                return found
            due = renewed(found or self.chain, self.hosts, self.now())
            if due == found or await self._write(due, version):
                return due

    async def _read(self) -> tuple[str, dict[str, bytes]]:
        raw = await self.client.request("GET", SECRET.path(self.secret.namespace, self.secret.name))
        found = msgspec.json.decode(raw, type=_Secret)
        return found.metadata.resource_version, {name: base64.b64decode(value) for name, value in found.data.items()}

    async def _write(self, chain: Chain, version: str) -> bool:
        data = {name: base64.b64encode(value).decode() for name, value in chain.data().items()}
        body = {"metadata": {"resourceVersion": version}, "data": data}
        written = await self._patched(SECRET.path(self.secret.namespace, self.secret.name), body, MERGE_PATCH)
        if written:
            log.info("%s written: valid until %s", self.secret, chain.ends.isoformat())
        return written

    async def _configuration(self) -> _Configuration:
        raw = await self.client.request("GET", WEBHOOKS.path(name=self.configuration))
        return msgspec.json.decode(raw, type=_Configuration)

    async def _make_known(self, chain: Chain, configuration: _Configuration) -> bool:
        bundle = base64.b64encode(chain.authorities).decode()
        wrong = [one.name for one in configuration.webhooks if one.client_config.ca_bundle != bundle]
        if not wrong:
            return True
        body: dict[str, Any] = {
            "metadata": {"resourceVersion": configuration.metadata.resource_version},
            "webhooks": [{"name": name, "clientConfig": {"caBundle": bundle}} for name in wrong],
        }
        path = WEBHOOKS.path(name=self.configuration)
        if await self._patched(path, body, STRATEGIC_MERGE_PATCH):
            log.info("%s %s has the authorities of %s", WEBHOOKS.kind, self.configuration, self.secret)
            return True
        return False

    async def _patched(self, path: str, body: dict[str, Any], content_type: str) -> bool:
        """False where another replica was faster: the body carries the version that it is meant for."""
        try:
            await self.client.request("PATCH", path, body=body, content_type=content_type)
        except ApiError as error:
            if error.code == CONFLICT:
                return False
            raise
        return True


def _is_known(chain: Chain, configuration: _Configuration) -> bool:
    """Whether the API server would take what is served with."""
    return all(chain.trusted_by(base64.b64decode(one.client_config.ca_bundle)) for one in configuration.webhooks)


def load(context: ssl.SSLContext, chain: Chain) -> None:
    """Puts the certificate into a context that may be in use. OpenSSL wants a file: this one is never on a disk."""
    file = os.memfd_create("chain", os.MFD_CLOEXEC)
    try:
        os.write(file, chain.certificate + chain.key)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
