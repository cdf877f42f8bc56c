"""Certificates: two authorities, one identity a component, as a well-kept cluster has them.

Files already there and still valid for the wanted names are kept, so that a second `up` restarts nothing.
"""

import base64
import datetime as dt
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud.settings import Settings

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
YEARS = dt.timedelta(days=3650)

_making = threading.Lock()  # parts that come up together must not make an authority each


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for: `name` (CN) in `groups` (O), and the host names or addresses that it serves."""

    file: str
    name: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    authority: str = "ca"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


def pair(settings: Settings, file: str) -> Pair:
    """Where the certificate and key of that name lie."""
    return Pair(settings.pki / f"{file}.crt", settings.pki / f"{file}.key")


def make(settings: Settings, identities: Iterable[Identity]) -> None:
    """Makes the authorities, the key that signs service account tokens, and a certificate for each identity."""
    with _making:
        settings.pki.mkdir(mode=0o700, parents=True, exist_ok=True)
        for authority in ("ca", "front-proxy-ca"):
            if not pair(settings, authority).certificate.exists():
                _make_authority(settings, authority)
        service_accounts = settings.pki / "service-accounts.key"
        if not service_accounts.exists():
            _write(service_accounts, _private(ec.generate_private_key(ec.SECP256R1())))
        for identity in identities:
            if not _serves(settings, identity):
                _make_certificate(settings, identity)


def kubeconfig(settings: Settings, identity: str, server: str) -> str:
    """A kubeconfig that speaks as that identity, with everything inside it: it can be copied elsewhere."""
    files = pair(settings, identity)
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "vireo",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": _base64(pair(settings, "ca").certificate),
                    },
                }
            ],
            "users": [
                {
                    "name": identity,
                    "user": {
                        "client-certificate-data": _base64(files.certificate),
                        "client-key-data": _base64(files.key),
                    },
                }
            ],
            "contexts": [{"name": "vireo", "context": {"cluster": "vireo", "user": identity}}],
            "current-context": "vireo",
        },
        sort_keys=False,
    )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _make_authority(settings: Settings, name: str) -> None:
    """Of RSA: the API server checks the authority's signature at each request, and such a one is checked in a fraction of the time."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"vireo-{name}")])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _blank(subject, key)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_pair(pair(settings, name), certificate, key)


def _make_certificate(settings: Settings, identity: Identity) -> None:
    authority = pair(settings, identity.authority)
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority.key.read_bytes(), None)
    assert isinstance(issuer_key, Key)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH] + [ExtendedKeyUsageOID.SERVER_AUTH] * bool(identity.hosts)
    builder = (
        _blank(_subject(identity), key)
        .issuer_name(issuer.subject)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if identity.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in identity.hosts])
        builder = builder.add_extension(names, critical=False)
    _write_pair(pair(settings, identity.file), builder.sign(issuer_key, hashes.SHA256()), key)


def _blank(subject: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + YEARS)
    )


def _subject(identity: Identity) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, identity.name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _serves(settings: Settings, identity: Identity) -> bool:
    """True if the identity's certificate is there and says what is wanted."""
    files = pair(settings, identity.file)
    if not (files.certificate.exists() and files.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    found: set[x509.GeneralName] = set()
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            found = set(extension.value)
    return certificate.subject == _subject(identity) and found == {_host(host) for host in identity.hosts}


def _private(key: Key) -> bytes:
    """In the one format from which kube-apiserver takes the public half too (service account tokens)."""
    pem, openssl = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(pem, openssl, serialization.NoEncryption())


def _write_pair(files: Pair, certificate: x509.Certificate, key: Key) -> None:
    _write(files.key, _private(key))
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner only: a killed `up` leaves no half key."""
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(file)
