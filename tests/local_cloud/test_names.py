"""The name service: what it knows it answers, what it does not know it says so, and what is no question it leaves."""

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.names import answer
from cloud.steps import NotYet

ONE, OTHER = IPv4Address("10.100.16.2"), IPv4Address("10.100.17.3")
KNOWN = {"one.shop.svc": [ONE], "both.shop.svc": [ONE, OTHER], "many.shop.svc": [ONE] * 100}
A, AAAA = 1, 28
FOUND, TRY_AGAIN, NO_SUCH_NAME = 0, 2, 3


def question(name: str, kind: int = A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def look_up(name: str) -> list[IPv4Address]:
    return KNOWN.get(name, [])


def read(answered: bytes) -> tuple[int, int, list[IPv4Address]]:
    """Its number, its outcome, and the addresses in it, each the end of a record of 16 bytes."""
    number, flags, _, records, _, _ = struct.unpack_from("!6H", answered)
    assert flags & 0x8000, "an answer"
    ends = range(len(answered) - 16 * (records - 1), len(answered) + 1, 16)
    return number, flags & 0xF, [IPv4Address(answered[end - 4 : end]) for end in ends]


@pytest.mark.parametrize("name", ["both.shop.svc", "Both.Shop.SVC"])
def test_a_name_that_is_known_has_its_addresses(name: str) -> None:
    assert read(answer(question(name), look_up)) == (0x1234, FOUND, [ONE, OTHER])


def test_an_answer_fits_into_a_packet_that_every_resolver_takes() -> None:
    assert len(answer(question("many.shop.svc"), look_up)) <= 512


def test_a_name_that_is_known_has_no_address_of_another_kind() -> None:
    assert read(answer(question("one.shop.svc", AAAA), look_up)) == (0x1234, FOUND, [])


def test_what_is_not_known_is_said_at_once() -> None:
    assert read(answer(question("example.com"), look_up)) == (0x1234, NO_SUCH_NAME, [])


def test_without_an_api_server_it_is_to_be_asked_again() -> None:
    def nobody(_: str) -> list[IPv4Address]:
        raise NotYet("no API server")

    assert read(answer(question("one.shop.svc"), nobody)) == (0x1234, TRY_AGAIN, [])


@given(st.binary(max_size=64))
def test_nothing_that_comes_ends_it(noise: bytes) -> None:
    answered = answer(noise, look_up)
    assert answered == b"" or answered[:2] == noise[:2]
