"""The life of the webhook's certificates: at each moment, what any replica serves with is trusted by what any API server knows.

Told by days: replicas and API servers know the newest chain or one of up to LAG before. The judge is a verifier of X.509 paths.
"""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st

from vireo.admission.certificates import (
    AUTHORITY_KEY,
    AUTHORITY_LIFE,
    AUTHORITY_RENEWED_AT,
    CERTIFICATE,
    KEY,
    LIFE,
    RENEWED_AT,
    SETTLE,
    Chain,
    read,
    renewed,
)
from vireo.admission.keeper import load

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = ("vireo-admission.vireo.svc",)
LAG = timedelta(hours=12)
"""How late any of them may be: SETTLE is there for it."""


def accepts(known: Chain, served: Chain, now: datetime) -> bool:
    """Whether an API server that trusts `known` takes the certificate of a replica that serves `served`."""
    verifier = PolicyBuilder().store(Store(known.trusted)).time(now).build_server_verifier(x509.DNSName(HOSTS[0]))
    try:
        verifier.verify(served.leaf, [])
    except VerificationError:
        return False
    return True


@dataclass
class Life:
    """The Secret's history: a chain from the moment when it was written."""

    written: list[tuple[datetime, Chain]] = field(default_factory=list)

    def look(self, now: datetime) -> Chain:
        """A replica looks, as each of them does all the time."""
        before = self.written[-1][1] if self.written else None
        chain = renewed(before, HOSTS, now)
        if chain != before:
            self.written.append((now, chain))
        return chain

    def known(self, now: datetime) -> list[Chain]:
        """What a replica or an API server may know now: the newest, or one that was so up to LAG ago."""
        later = [*(since for since, _ in self.written[1:]), now + LAG]
        return [chain for (_, chain), until in zip(self.written, later, strict=True) if until > now - LAG]


@settings(max_examples=20)
@given(st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=9)), min_size=60, max_size=120))
def test_every_replica_is_trusted_at_every_moment(steps: list[timedelta]) -> None:
    life, now = Life(), BEGIN
    life.look(now)
    for step in steps:
        now += step
        life.look(now)
        known = life.known(now)
        assert all(accepts(one, other, now) for one in known for other in known)


def test_it_goes_on_for_years_and_keeps_no_more_than_two_authorities() -> None:
    life = Life()
    for day in range(5 * 365):
        life.look(BEGIN + timedelta(days=day))
    assert {len(chain.trusted) for _, chain in life.written} == {1, 2}
    assert len(life.written) < 5 * (365 / (LIFE - RENEWED_AT).days + 3)


@given(st.timedeltas(timedelta(), LIFE - RENEWED_AT))
def test_what_is_not_due_is_left_as_it_is(later: timedelta) -> None:
    chain = renewed(None, HOSTS, BEGIN)
    assert renewed(chain, HOSTS, BEGIN + later) == chain


def test_a_new_authority_is_made_known_before_it_signs() -> None:
    due = BEGIN + AUTHORITY_LIFE - AUTHORITY_RENEWED_AT + timedelta(minutes=1)
    before = renewed(None, HOSTS, BEGIN)
    before = renewed(before, HOSTS, due - LIFE / 2)
    chain = renewed(before, HOSTS, due)
    assert (chain.certificate, chain.key) == (before.certificate, before.key)
    assert chain.trusted[1:] == before.trusted
    assert accepts(before, renewed(before, HOSTS, due), due)
    assert renewed(chain, HOSTS, due + SETTLE).trusted == chain.trusted


@given(st.timedeltas(AUTHORITY_RENEWED_AT, timedelta(days=1000)))
def test_after_a_long_sleep_it_is_valid_at_once(asleep: timedelta) -> None:
    now = BEGIN + asleep
    chain = renewed(renewed(None, HOSTS, BEGIN), HOSTS, now)
    assert accepts(chain, chain, now)


def test_it_is_for_the_names_that_are_asked_for_now() -> None:
    chain = renewed(renewed(None, ("old.svc",), BEGIN), HOSTS, BEGIN + timedelta(hours=1))
    assert accepts(chain, chain, BEGIN + timedelta(hours=1))


def test_what_was_written_is_read_again() -> None:
    chain = renewed(None, HOSTS, BEGIN)
    assert read(chain.data()) == chain


@pytest.mark.parametrize("name", [CERTIFICATE, KEY])
@pytest.mark.parametrize("value", [b"", b"-----BEGIN CERTIFICATE-----", None])
def test_what_does_not_fit_together_is_none(name: str, value: bytes | None) -> None:
    data = renewed(None, HOSTS, BEGIN).data()
    data[name] = renewed(None, HOSTS, BEGIN).data()[name] if value is None else value
    assert read(data) is None


def test_an_authority_whose_key_was_taken_away_is_replaced_and_not_trusted_any_more() -> None:
    chain = read(renewed(None, HOSTS, BEGIN).data() | {AUTHORITY_KEY: b""})
    assert chain is not None
    after = renewed(chain, HOSTS, BEGIN)
    assert accepts(after, after, BEGIN)
    assert not accepts(after, chain, BEGIN)
    assert len(after.trusted) == 1


def test_it_is_trusted_by_whom_its_authority_is_known_to() -> None:
    chain, other = renewed(None, HOSTS, BEGIN), renewed(None, HOSTS, BEGIN)
    assert chain.trusted_by(other.authorities + chain.authorities)
    assert not chain.trusted_by(other.authorities)


@pytest.mark.parametrize("nobody", [b"", b"-----BEGIN CERTIFICATE-----", b"not PEM"])
def test_where_no_authority_is_known_it_is_not_trusted(nobody: bytes) -> None:
    assert not renewed(None, HOSTS, BEGIN).trusted_by(nobody)


def test_a_context_in_use_takes_the_next_certificate() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for day in (0, 61):
        load(context, renewed(None, HOSTS, BEGIN + timedelta(days=day)))
