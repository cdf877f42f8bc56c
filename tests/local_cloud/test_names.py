"""The name service: what it knows it answers, what it does not know it says so, and what is no question it leaves."""

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.names import answer
from cloud.steps import NotYet

KNOWN = {"registry.local": IPv4Address("10.100.0.1")}
A, AAAA = 1, 28
FOUND, TRY_AGAIN, NO_SUCH_NAME = 0, 2, 3


def question(name: str, kind: int = A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def read(answered: bytes) -> tuple[int, int, bytes]:
    """Its number, its outcome, and the address in it."""
    number, flags, _, records, _, _ = struct.unpack_from("!6H", answered)
    assert flags & 0x8000, "an answer"
    return number, flags & 0xF, answered[-4:] if records else b""


@pytest.mark.parametrize("name", ["registry.local", "Registry.LOCAL"])
def test_a_name_that_is_known_has_its_address(name: str) -> None:
    assert read(answer(question(name), KNOWN.get)) == (0x1234, FOUND, IPv4Address("10.100.0.1").packed)


def test_a_name_that_is_known_has_no_address_of_another_kind() -> None:
    assert read(answer(question("registry.local", AAAA), KNOWN.get)) == (0x1234, FOUND, b"")


def test_what_is_not_known_is_said_at_once() -> None:
    assert read(answer(question("example.com"), KNOWN.get)) == (0x1234, NO_SUCH_NAME, b"")


def test_without_an_api_server_it_is_to_be_asked_again() -> None:
    def look_up(_: str) -> IPv4Address | None:
        raise NotYet("no API server")

    assert read(answer(question("a.b.svc.cluster.local"), look_up)) == (0x1234, TRY_AGAIN, b"")


@given(st.binary(max_size=64))
def test_nothing_that_comes_ends_it(noise: bytes) -> None:
    answered = answer(noise, KNOWN.get)
    assert answered == b"" or answered[:2] == noise[:2]
