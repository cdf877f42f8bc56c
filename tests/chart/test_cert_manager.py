"""The chart with cert-manager, whose own controllers run: they make the certificate and make it known, and the webhook serves with it."""

import base64
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from api.server import MERGE, Server
from chart.cert_manager import is_ready, renew, running
from chart.helm import NAMESPACE, Helm
from chart.shop import FIXED, Shop, opened
from chart.webhook import CONFIGURATION, NAME, Replica, as_its_pod, behind_the_service
from cryptography import x509
from support.user import disk
from support.waiting import until

from vireo.admission.certificates import Chain, read
from vireo.api.resources import SECRET

pytestmark = pytest.mark.chart

ENABLED = ("--set", "admission.certManager.enabled=true")
AUTHORITY = f"{NAME}-ca"
CERTIFICATE = SECRET.path(NAMESPACE, f"{NAME}-tls")
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}"
HOST = f"{NAME}.{NAMESPACE}.svc"


@pytest.fixture(scope="module")
def replica(
    installed: Server, helm: Helm, control_plane: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("cert-manager")
    with running(installed, control_plane, folder / "cert-manager.log"):
        helm.install(*ENABLED)
        try:
            arguments = installed.must("GET", DEPLOYMENT).body["spec"]["template"]["spec"]["containers"][0]["args"][1:]
            kubeconfig = as_its_pod(installed, control_plane, folder / "kubeconfig")
            replica = Replica(kubeconfig, folder / "log", tuple(arguments))
            with behind_the_service(installed, replica.port):
                replica.start()
                yield replica
                replica.stop()
        finally:
            helm.install("--reset-values")


@pytest.fixture(scope="module")
def shop(installed: Server, control_plane: str, replica: Replica) -> Iterator[Shop]:
    with opened(installed, control_plane, replica) as shop:
        yield shop


def chain(server: Server) -> Chain | None:
    """What is in the Secret."""
    data = server.must("GET", CERTIFICATE).body["data"]
    return read({name: base64.b64decode(value) for name, value in data.items()})


def authorities(server: Server) -> bytes:
    """Whom the API server trusts."""
    return base64.b64decode(server.must("GET", CONFIGURATION).body["webhooks"][0]["clientConfig"]["caBundle"])


def served(shop: Shop) -> x509.Certificate:
    """What the API server gets when it connects anew. Raises SSLError where it would not take it, by that name and those authorities."""
    context = ssl.create_default_context(cadata=authorities(shop.server).decode())
    with (
        socket.create_connection(("localhost", shop.replica.port)) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")


def serves_another(shop: Shop, before: x509.Certificate) -> bool:
    """Asked while the certificate changes: the API server gets an answer each time."""
    assert shop.is_told()
    return served(shop) != before


def writers(thing: Mapping[str, Any], field: str) -> set[str]:
    """By which names a field was written, at any depth of the object."""
    return {one["manager"] for one in thing["metadata"]["managedFields"] if f'"f:{field}"' in json.dumps(one)}


def versions(server: Server) -> list[str]:
    return [server.must("GET", path).body["metadata"]["resourceVersion"] for path in (CERTIFICATE, CONFIGURATION)]


def test_the_certificate_is_made_and_its_authority_made_known(shop: Shop) -> None:
    made = chain(shop.server)
    assert is_ready(shop.server, NAME)
    assert is_ready(shop.server, AUTHORITY)
    assert made is not None
    assert made.leaf == served(shop)
    assert made.trusted_by(authorities(shop.server))


def test_what_the_webhook_refuses_is_refused_with_its_words(shop: Shop) -> None:
    done = shop.kubectl("apply", "--server-side", "--force-conflicts", given=disk("data", datastore=FIXED, size="2Gi"))
    assert done.returncode == 1
    assert 'The VirtualDisk "data" is invalid: spec.size: ExpansionUnsupported:' in done.stderr
    assert "Set spec.size back to 1Gi, or make a larger disk" in done.stderr


def test_after_its_secret_was_deleted_another_is_served_without_a_restart(shop: Shop) -> None:
    before = served(shop)
    shop.server.must("DELETE", CERTIFICATE)
    until(lambda: serves_another(shop, before))
    assert shop.change(size="2Gi").code == 422


def test_a_renewed_one_is_served_without_a_restart(shop: Shop) -> None:
    before = served(shop)
    renew(shop.server, NAME)
    until(lambda: serves_another(shop, before))
    assert shop.change(size="2Gi").code == 422


def test_one_of_a_new_authority_is_served_without_a_restart(shop: Shop) -> None:
    before, known = served(shop), x509.load_pem_x509_certificates(authorities(shop.server))
    renew(shop.server, AUTHORITY)
    until(lambda: is_ready(shop.server, AUTHORITY))
    renew(shop.server, NAME)
    until(lambda: serves_another(shop, before))
    made = chain(shop.server)
    assert made is not None
    assert made.trusted[0] not in known
    assert made.leaf == served(shop)
    assert shop.change(size="2Gi").code == 422


def test_an_upgrade_leaves_the_certificate_and_its_authority_as_they_are(shop: Shop, helm: Helm) -> None:
    before = chain(shop.server), authorities(shop.server)
    helm.install(*ENABLED, "--set", "admission.replicas=3,image.tag=another")
    assert (chain(shop.server), authorities(shop.server)) == before
    assert shop.is_told()


def test_vireo_writes_neither_even_where_it_might(shop: Shop, control_plane: str) -> None:
    before = versions(shop.server)
    other = Replica(Path(control_plane), shop.replica.log.with_name("other.log"), shop.replica.options)
    other.start()
    try:
        assert other.certificate == shop.replica.certificate
        assert versions(shop.server) == before
    finally:
        other.stop()
    assert writers(shop.server.must("GET", CONFIGURATION).body, "caBundle") == {"cert-manager-cainjector"}
    assert all(name.startswith("cert-manager") for name in writers(shop.server.must("GET", CERTIFICATE).body, "data"))


@pytest.mark.parametrize("path", [CERTIFICATE, CONFIGURATION])
def test_and_the_chart_does_not_let_it(shop: Shop, path: str) -> None:
    vireo = shop.server.as_user(f"system:serviceaccount:{NAMESPACE}:{NAME}")
    assert vireo.ask("GET", path).code == 200
    assert vireo.ask("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, MERGE).code == 403


def test_nothing_went_wrong_in_the_process(shop: Shop) -> None:
    assert "Traceback" not in shop.replica.log.read_text()
