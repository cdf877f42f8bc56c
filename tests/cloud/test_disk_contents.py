"""Where a disk's first content comes from, by the real CDI on real nodes: what is read of the disk is what was there; else it says why."""

import gzip
import hashlib
import io
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.images import CLUSTER, qcow2
from support.user import DISKS, GUEST, MACHINES, OPERATIONS, Object, User, disk, machine, operation
from support.volumes import (
    DEVICE,
    FIRST,
    FOLDER,
    PODS,
    SECOND,
    SNAPSHOTS,
    fill,
    pod,
    run,
    snapshot,
    usable,
    wait_running,
)
from support.web import held_file

from cloud import registry
from cloud.api import condition
from cloud.settings import Settings
from cloud.steps import NotYet

pytestmark = [pytest.mark.cloud, pytest.mark.beside, pytest.mark.usefixtures("tools")]

CONTENT = random.Random(7).randbytes(16 * CLUSTER)
"""What lies on a machine's disk, in clusters of qcow2."""
SIZE, BYTES = "64Mi", 64 << 20
IMPORT_SOURCES = "volumeimportsources.cdi.kubevirt.io"


@pytest.mark.parametrize("packed", [qcow2, pytest.param(gzip.compress, marks=pytest.mark.proof)])
def test_a_file_behind_a_url_is_on_the_disk(
    user: User, settings: Settings, tmp_path: Path, packed: Callable[[bytes], bytes]
) -> None:
    file = written(tmp_path, packed(CONTENT))
    registry.push_file(settings, file)
    user.apply(disk("d", size=SIZE, source=http(file)))
    made = user.until_ready(DISKS, "d", "Bound")
    assert "filling" not in made["status"]
    assert digest(user, "d") == sha256(CONTENT)
    user.until("what CDI was asked for to go", lambda: nothing_asked(user))


def test_a_file_that_is_not_what_was_asked_for_is_not_the_disk(user: User, settings: Settings, tmp_path: Path) -> None:
    file = written(tmp_path, qcow2(CONTENT))
    registry.push_file(settings, file)
    user.apply(disk("d", size=SIZE, source=http(file, checksum=sha256(b"something else"))))
    said = user.until_said(DISKS, "d", "ChecksumMismatch")
    assert registry.url(file) in said["message"]
    assert "checksum mismatch" in said["message"]
    found = user.get(DISKS, "d") or {}
    assert condition(found, "Stalled")["status"] == "True"
    assert "claim" not in found["status"]
    user.patch(DISKS, "d", source=http(file))
    user.until_ready(DISKS, "d", "Bound")
    assert digest(user, "d") == sha256(CONTENT)


@pytest.mark.proof
def test_a_file_that_is_not_there_is_waited_for(user: User, settings: Settings, tmp_path: Path) -> None:
    content = random.randbytes(16 * CLUSTER)
    file = written(tmp_path, qcow2(content))
    user.apply(disk("d", size=SIZE, source=http(file)))
    said = user.until_said(DISKS, "d", "FillingFailed")
    assert registry.url(file) in said["message"]
    assert "404" in said["message"]
    registry.push_file(settings, file)
    user.until_ready(DISKS, "d", "Bound")
    assert digest(user, "d") == sha256(content)


@pytest.mark.proof
def test_a_disk_that_is_too_small_for_its_file_says_so(user: User, settings: Settings, tmp_path: Path) -> None:
    file = written(tmp_path, qcow2(bytes(CLUSTER) * 32))
    registry.push_file(settings, file)
    user.apply(disk("d", size="1Mi", source=http(file)))
    assert "too small" in user.until_said(DISKS, "d", "FillingFailed")["message"]
    user.patch(DISKS, "d", size="4Mi")
    user.until_ready(DISKS, "d", "Bound")


@pytest.mark.proof
def test_a_container_gets_what_was_in_an_archive(user: User, settings: Settings, tmp_path: Path) -> None:
    file = written(tmp_path, archive(greeting=b"hello\n"))
    registry.push_file(settings, file)
    user.apply(disk("d", size=SIZE, content="FileSystem", source=http(file)))
    user.until_ready(DISKS, "d", "Bound")
    user.apply(pod("reader", FIRST, "d", block=False))
    wait_running(user, "reader")
    assert run(user, "reader", f"cat {FOLDER}/greeting") == "hello\n"


def test_how_much_is_there_is_said_while_it_is_downloaded(user: User, settings: Settings) -> None:
    with held_file(settings, random.Random(7).randbytes(8 << 20)) as file:
        user.apply(disk("d", size=SIZE, source={"http": {"url": file.url}}))
        assert 0 < user.until("a part of it", lambda: progress(user, "d")) < 100
        assert condition(user.get(DISKS, "d") or {}, "Ready")["reason"] == "Filling"
        file.released.set()
        user.until_ready(DISKS, "d", "Bound")
    assert digest(user, "d", len(file.content)) == sha256(file.content)


def test_a_machine_boots_from_the_disk_in_an_image(user: User) -> None:
    user.apply(disk("root", size=SIZE, source={"image": {"image": GUEST}}), machine("a", bootDisk={"disk": "root"}))
    user.until_ready(DISKS, "root", "Bound")
    user.until_ready(MACHINES, "a", "Running")
    with user.console("a") as console:
        assert "vda" in console.run("ls /dev")


@pytest.mark.proof
def test_a_copy_has_what_the_other_disk_had(user: User) -> None:
    was = filled(user, "origin")
    user.apply(disk("copy", size="96Mi", source={"disk": {"name": "origin"}}))
    assert user.until_ready(DISKS, "copy", "Bound")["status"]["capacity"] == "96Mi"
    assert digest(user, "copy", BYTES) == was


def test_a_copy_of_a_disk_that_is_used_waits_until_it_is_let_go(user: User) -> None:
    was = filled(user, "origin")
    user.apply(pod("holder", FIRST, "origin"))
    wait_running(user, "holder")
    user.apply(disk("copy", size=SIZE, source={"disk": {"name": "origin"}}))
    assert "holder" in user.until_said(DISKS, "copy", "FillingFailed")["message"]
    user.delete(PODS, "holder")
    user.until_ready(DISKS, "copy", "Bound")
    assert digest(user, "copy", BYTES) == was


@pytest.mark.proof
def test_a_copy_on_a_datastore_of_another_mode_is_made_byte_by_byte(user: User) -> None:
    was = filled(user, "origin")
    user.apply(
        disk("copy", size="96Mi", datastore="bulk", source={"disk": {"name": "origin"}}),
        pod("reader", SECOND, "copy", block=False),
    )
    user.until_ready(DISKS, "copy", "Bound")
    wait_running(user, "reader")
    assert run(user, "reader", f"head -c {BYTES} {FOLDER}/disk.img | sha256sum").split()[0] in was


@pytest.mark.proof
def test_a_disk_begins_as_a_snapshot_of_another(user: User) -> None:
    was = filled(user, "origin")
    user.apply(snapshot("then", "origin"))
    usable(user, "then")
    user.apply(pod("writer", FIRST, "origin"))
    wait_running(user, "writer")
    fill(user, "writer")
    user.apply(disk("restored", size=SIZE, source={"snapshot": {"name": "then"}}))
    user.until_ready(DISKS, "restored", "Bound")
    assert digest(user, "restored", BYTES) == was


def test_snapshots_are_taken_by_schedule_and_by_hand(user: User) -> None:
    user.apply(disk("d", size=SIZE, snapshots={"schedule": "* * * * *", "keep": 2}))
    user.until_ready(DISKS, "d")
    do(user, operation("now", "d", "Snapshot"))
    assert user.get(SNAPSHOTS, "d-now")

    def taken() -> Object:
        found = (user.get(DISKS, "d") or {})["status"].get("snapshots") or {}
        if not found.get("ready"):
            raise NotYet(f"{found}")
        return found

    newest = user.until("a snapshot by schedule", taken)["newest"]
    assert (user.get(SNAPSHOTS, newest) or {})["status"]["readyToUse"]


def test_a_disk_is_set_back_while_its_machine_is_stopped_and_what_it_was_is_kept(user: User) -> None:
    user.apply(disk("d", size=SIZE), machine("a", disks=[{"name": "data", "disk": "d"}]))
    guest_writes(user, "former")
    do(user, operation("then", "d", "Snapshot"))
    guest_writes(user, "latter")
    user.apply(operation("undo", "d", "Restore", restore={"snapshot": "d-then"}))
    assert '"powerState": "Stopped"' in user.until_said(OPERATIONS, "undo", "DiskInUse", "Complete")["message"]
    with user.console("a") as console:
        assert console.run("head -c 6 /dev/vdb").strip() == "latter"
    user.patch(MACHINES, "a", powerState="Stopped")
    until_complete(user, "undo")
    user.patch(MACHINES, "a", powerState="Running")
    user.until_ready(MACHINES, "a", "Running")
    with user.console("a") as console:
        assert console.run("head -c 6 /dev/vdb").strip() == "former"
    user.apply(disk("kept", size=SIZE, source={"snapshot": {"name": "d-undo"}}), pod("reader", SECOND, "kept"))
    wait_running(user, "reader")
    assert run(user, "reader", f"head -c 6 {DEVICE}") == "latter"


@pytest.mark.proof
def test_a_folder_on_a_datastore_that_waits_is_set_back_at_its_node(user: User) -> None:
    user.apply(disk("d", size=SIZE, datastore="bulk", content="FileSystem"))
    user.until_ready(DISKS, "d", "WaitingForFirstUse")
    folder_gets(user, "former")
    do(user, operation("then", "d", "Snapshot"))
    folder_gets(user, "latter")
    do(user, operation("undo", "d", "Restore", restore={"snapshot": "d-then"}))
    claim = user.until_ready(DISKS, "d", "Bound")["status"]["claim"]
    assert claim != "d"
    user.apply(pod("reader", FIRST, claim, block=False), pod("reader-of-before", FIRST, "d", block=False))
    for name, word in (("reader", "former"), ("reader-of-before", "latter")):
        wait_running(user, name)
        assert run(user, name, f"cat {FOLDER}/word") == word


def guest_writes(user: User, word: str) -> None:
    user.until_ready(MACHINES, "a", "Running")
    with user.console("a") as console:
        console.run(f"printf {word} > /dev/vdb; sync")


def folder_gets(user: User, word: str) -> None:
    user.apply(pod("writer", FIRST, "d", block=False))
    wait_running(user, "writer")
    run(user, "writer", f"printf {word} > {FOLDER}/word; sync")
    user.delete(PODS, "writer")


def do(user: User, made: Object) -> None:
    user.apply(made)
    until_complete(user, made["metadata"]["name"])


def until_complete(user: User, name: str) -> None:
    user.kubectl("wait", f"{OPERATIONS}/{name}", "--for=condition=Complete", "--timeout=120s")


def written(folder: Path, content: bytes) -> Path:
    file = folder / "file"
    file.write_bytes(content)
    return file


def http(file: Path, checksum: str | None = None) -> Object:
    """The source that is this file, verified."""
    return {"http": {"url": registry.url(file), "checksum": checksum or sha256(file.read_bytes())}}


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def digest(user: User, name: str, size: int = len(CONTENT)) -> str:
    """The checksum of the first bytes of a machine's disk."""
    user.apply(pod(f"reads-{name}", SECOND, name))
    wait_running(user, f"reads-{name}")
    return "sha256:" + run(user, f"reads-{name}", f"head -c {size} {DEVICE} | sha256sum").split()[0]


def filled(user: User, name: str) -> str:
    """Makes a disk, fills it, and lets go of it; its checksum."""
    user.apply(disk(name, size=SIZE))
    user.until_ready(DISKS, name)
    user.apply(pod("writer", FIRST, name))
    wait_running(user, "writer")
    was = fill(user, "writer")
    user.delete(PODS, "writer")
    return f"sha256:{was}"


def progress(user: User, name: str) -> int:
    filling = (user.get(DISKS, name) or {}).get("status", {}).get("filling", {})
    if not filling.get("progress"):
        raise NotYet(f"{filling}")
    return int(filling["progress"])


def nothing_asked(user: User) -> None:
    if left := user.kubectl("get", IMPORT_SOURCES, "--output=name"):
        raise NotYet(left)
