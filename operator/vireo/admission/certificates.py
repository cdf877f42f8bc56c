"""The certificates by which the API server knows the webhook, and when they are made anew. The clock is an argument.

All replicas share what one of them made (a Chain, kept in a Secret), so the rules must hold while some know the newest chain, some
the one before, and the API server either's authorities:

  a new authority      is made long before the old one ends, and is at first only made known, beside the old one
  a new certificate    is signed by an authority that all know (SETTLE after it was made), and ends before that one does
  an old authority     is made known until it has ended, and with it all that it signed
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE: Final = timedelta(days=365)
AUTHORITY_RENEWED_AT: Final = timedelta(days=120)
LIFE: Final = timedelta(days=90)
RENEWED_AT: Final = timedelta(days=30)
"""How much of a life is left when the next one is made: enough for a cluster that is off for weeks."""
SETTLE: Final = timedelta(days=1)
"""How long it may take until all replicas and API servers know a new authority; it takes seconds."""
SKEW: Final = timedelta(hours=1)
"""Each is valid from this long before it was made: clocks differ."""

AUTHORITIES: Final = "ca.crt"
AUTHORITY_KEY: Final = "ca.key"
CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"

PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True)
class Chain:
    """What a replica serves with and what the API server trusts, in PEM, as the Secret has them.

    `authorities` are those that are to be trusted, the newest first. `authority_key` is the newest one's; empty where others sign.
    """

    authorities: bytes
    authority_key: bytes
    certificate: bytes
    key: bytes

    def data(self) -> dict[str, bytes]:
        """The Secret's data."""
        return {
            AUTHORITIES: self.authorities,
            AUTHORITY_KEY: self.authority_key,
            CERTIFICATE: self.certificate,
            KEY: self.key,
        }

    @property
    def trusted(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.authorities)

    @property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.certificate)[0]

    @property
    def ends(self) -> datetime:
        return self.leaf.not_valid_after_utc

    def valid(self, now: datetime) -> bool:
        return self.leaf.not_valid_before_utc <= now < self.ends

    def trusted_by(self, authorities: bytes) -> bool:
        """Whether one of these, in PEM, signed what is served with, or an authority between that is served along."""
        try:
            known, served = map(x509.load_pem_x509_certificates, (authorities, self.certificate))
        except ValueError:
            return False
        return any(_signs(authority, one) for authority in known for one in served)


def read(data: Mapping[str, bytes]) -> Chain | None:
    """The chain in a Secret; None where there is none, or its parts do not fit together."""
    chain = Chain(
        data.get(AUTHORITIES, b""), data.get(AUTHORITY_KEY, b""), data.get(CERTIFICATE, b""), data.get(KEY, b"")
    )
    try:
        pairs = [(chain.key, chain.leaf)]
        if chain.authority_key:
            _load(chain.authority_key)
            pairs.append((chain.authority_key, chain.trusted[0]))
        return chain if all(_is_of(key, certificate) for key, certificate in pairs) else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def renewed(chain: Chain | None, hosts: Iterable[str], now: datetime) -> Chain:
    """The chain as it should be now: the same one as long as nothing of it is due."""
    trusted = [one for one in chain.trusted if _left(one, now) > timedelta()] if chain and chain.authority_key else []
    if chain is None or not trusted or _left(trusted[0], now) < AUTHORITY_RENEWED_AT:
        key = ec.generate_private_key(ec.SECP256R1())
        trusted, authority_key = [_authority(key, now), *trusted], _private(key)
    else:
        authority_key = chain.authority_key
    known = b"".join(one.public_bytes(PEM) for one in trusted)
    if chain and _serves(chain.leaf, hosts, trusted) and not _due(chain.leaf, trusted[0], now):
        return Chain(known, authority_key, chain.certificate, chain.key)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = _signed(trusted[0], _load(authority_key), key, hosts, now)
    return Chain(known, authority_key, signed.public_bytes(PEM), _private(key))


def _due(leaf: x509.Certificate, authority: x509.Certificate, now: datetime) -> bool:
    """Whether the next certificate is to be signed now: not before its authority has settled, unless there is no time left."""
    settled = now - authority.not_valid_before_utc >= SKEW + SETTLE
    return _left(leaf, now) < (RENEWED_AT if settled else SETTLE)


def _serves(leaf: x509.Certificate, hosts: Iterable[str], trusted: Iterable[x509.Certificate]) -> bool:
    """Whether it is for these host names, and signed by one of these authorities."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return set(names.get_values_for_type(x509.DNSName)) == set(hosts) and any(_signs(one, leaf) for one in trusted)


def _signs(authority: x509.Certificate, leaf: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"vireo-admission-ca-{now:%Y-%m-%d}")])
    return (
        _blank(name, key, now, AUTHORITY_LIFE)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _signed(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    hosts: Iterable[str],
    now: datetime,
) -> x509.Certificate:
    names = [x509.DNSName(host) for host in hosts]
    return (
        _blank(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vireo-admission")]), key, now, LIFE)
        .issuer_name(authority.subject)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _blank(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _left(certificate: x509.Certificate, now: datetime) -> timedelta:
    return certificate.not_valid_after_utc - now


def _is_of(key: bytes, certificate: x509.Certificate) -> bool:
    return serialization.load_pem_private_key(key, None).public_key() == certificate.public_key()


def _load(key: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError for a key of another kind than is made here."""
    loaded = serialization.load_pem_private_key(key, None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of an elliptic curve")
    return loaded


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
