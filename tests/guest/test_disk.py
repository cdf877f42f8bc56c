"""The guest's disk: what keeps KubeVirt from refusing it, and the archive that Linux unpacks."""

import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.build import initramfs
from cloud.build.guest import CRC_LIMIT, TAIL, keep_crc_small, tail
from cloud.build.oci import Entry


@given(st.integers(0, 2**32 - 1))
def test_any_crc_can_be_brought_below_the_limit(crc: int) -> None:
    assert zlib.crc32(tail(crc), crc) < CRC_LIMIT


@given(st.binary(min_size=TAIL, max_size=64))
def test_a_disk_keeps_all_but_its_last_bytes(content: bytes) -> None:
    disk = io.BytesIO(content)
    keep_crc_small(disk)
    assert zlib.crc32(disk.getvalue()) < CRC_LIMIT
    assert disk.getvalue()[:-TAIL] == content[:-TAIL]
    assert len(disk.getvalue()) == len(content)


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\n")
    return [Entry("sbin/deep/run", program), Entry("bin/link", link="../sbin/deep/run"), Entry("tmp", mode=0o1777)]


def test_an_archive_has_the_entries_with_the_folders_above_them(entries: list[Entry]) -> None:
    assert _read(_archive(entries)) == [
        ("bin", 0o40755, b""),
        ("bin/link", 0o120777, b"../sbin/deep/run"),
        ("sbin", 0o40755, b""),
        ("sbin/deep", 0o40755, b""),
        ("sbin/deep/run", 0o100755, b"#!/bin/sh\n"),
        ("tmp", 0o41777, b""),
        ("TRAILER!!!", 0, b""),
    ]


def test_the_order_of_the_entries_does_not_matter(entries: list[Entry]) -> None:
    assert _archive(entries) == _archive(entries[::-1])


def _archive(entries: list[Entry]) -> bytes:
    file = io.BytesIO()
    initramfs.write(file, entries)
    return file.getvalue()


def _read(archive: bytes) -> list[tuple[str, int, bytes]]:
    """Name, mode and content of each member of a `newc` archive, as cpio(5) describes it."""
    found, at = [], 0
    while at < len(archive):
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name, content = at + 110, at + -(-(110 + fields[11]) // 4) * 4
        found.append(
            (archive[name : name + fields[11] - 1].decode(), fields[1], archive[content : content + fields[6]])
        )
        at = content + -(-fields[6] // 4) * 4
    return found
