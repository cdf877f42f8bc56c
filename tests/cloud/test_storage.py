"""The storage device under pods on both real nodes: what is written is what is read, wherever and however it got there."""

import pytest
from support.user import Refused, User
from support.volumes import (
    CLAIMS,
    DEVICE,
    FIRST,
    FOLDER,
    MIB,
    PODS,
    SECOND,
    SNAPSHOTS,
    bound,
    checksum,
    claim,
    fill,
    folder,
    pod,
    read,
    run,
    said,
    snapshot,
    source,
    usable,
    wait_running,
    write,
)

from cloud.nodes import node_down, node_up
from cloud.settings import Settings
from cloud.steps import NotYet, Steps
from cloud.storage import loops

pytestmark = [pytest.mark.cloud, pytest.mark.usefixtures("tools")]


@pytest.fixture
def shared(user: User) -> str:
    """A Block claim that a pod on each node has as its device: pods `on-node-1` and `on-node-2`."""
    user.apply(claim("shared"), *(pod(f"on-{node}", node, "shared") for node in (FIRST, SECOND)))
    for node in (FIRST, SECOND):
        wait_running(user, f"on-{node}")
    return "shared"


@pytest.mark.proof
def test_a_claim_is_bound_before_anybody_uses_it(user: User) -> None:
    user.apply(claim("early"))
    assert bound(user, "early")["status"]["capacity"] == {"storage": "128Mi"}


@pytest.mark.usefixtures("shared")
def test_pods_on_two_nodes_see_each_others_bytes(user: User) -> None:
    for writer, reader in ((FIRST, SECOND), (SECOND, FIRST)):
        write(user, f"on-{writer}", f"by {writer}")
        assert read(user, f"on-{reader}") == f"by {writer}"


def test_it_grows_under_the_pods_of_both_nodes(user: User, shared: str) -> None:
    write(user, f"on-{FIRST}", "kept")
    user.patch(CLAIMS, shared, resources={"requests": {"storage": "256Mi"}})
    for node in (FIRST, SECOND):
        has_size(user, f"on-{node}", 256 * MIB)
        assert read(user, f"on-{node}") == "kept"
    assert bound(user, shared, "256Mi")


def test_a_snapshot_keeps_what_the_claim_had_and_a_clone_takes_what_it_has(user: User, shared: str) -> None:
    writer = f"on-{FIRST}"
    before = fill(user, writer)
    user.apply(snapshot("then", shared))
    usable(user, "then")
    after = fill(user, writer)
    user.apply(
        claim("restored", dataSource=source("VolumeSnapshot", "then")),
        claim("cloned", dataSource=source("PersistentVolumeClaim", shared)),
        pod("old", SECOND, "restored"),
        pod("new", FIRST, "cloned"),
    )
    for name, expected in (("old", before), ("new", after)):
        wait_running(user, name)
        assert checksum(user, name) == expected


@pytest.mark.proof
def test_what_was_made_of_a_claim_outlives_it(user: User) -> None:
    user.apply(claim("origin"), pod("writer", FIRST, "origin"))
    wait_running(user, "writer")
    written = fill(user, "writer")
    user.apply(snapshot("then", "origin"))
    usable(user, "then")
    user.delete(PODS, "writer")
    user.delete(CLAIMS, "origin")
    user.apply(claim("restored", dataSource=source("VolumeSnapshot", "then")), pod("reader", SECOND, "restored"))
    wait_running(user, "reader")
    assert checksum(user, "reader") == written


@pytest.mark.proof
def test_a_folder_waits_for_its_first_pod_and_is_shared_by_pods_that_are_not_root(user: User) -> None:
    user.apply(folder("late"))
    events = user.until("the claim to wait", lambda: said(user, "late", "WaitForFirstConsumer"))
    assert "waiting for first consumer" in events
    ordinary = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 2000}
    user.apply(*(pod(f"on-{node}", node, "late", block=False, securityContext=ordinary) for node in (FIRST, SECOND)))
    for node in (FIRST, SECOND):
        wait_running(user, f"on-{node}")
    run(user, f"on-{FIRST}", f"echo hello > {FOLDER}/greeting")
    assert run(user, f"on-{SECOND}", f"cat {FOLDER}/greeting") == "hello\n"
    run(user, f"on-{SECOND}", f"rm {FOLDER}/greeting")
    assert run(user, f"on-{FIRST}", f"ls {FOLDER}") == ""


@pytest.mark.proof
def test_a_folder_is_restored_and_cloned_with_owners_and_modes(user: User) -> None:
    user.apply(folder("origin"), pod("writer", FIRST, "origin", block=False))
    wait_running(user, "writer")
    run(user, "writer", f"cd {FOLDER}; mkdir -m 750 a; echo b > a/b; ln -s a/b c; chown -R 1000:2000 a; chmod 4711 a/b")
    listing = f"cd {FOLDER}; find . -printf '%P %M %U:%G %l\\n' | sort; cat c"
    written = run(user, "writer", listing)
    assert "a/b -rws--x--x 1000:2000" in written
    user.apply(snapshot("then", "origin"))
    usable(user, "then")
    user.apply(
        folder("restored", dataSource=source("VolumeSnapshot", "then")),
        folder("cloned", dataSource=source("PersistentVolumeClaim", "origin")),
        *(pod(f"reads-{name}", SECOND, name, block=False) for name in ("restored", "cloned")),
    )
    for name in ("restored", "cloned"):
        wait_running(user, f"reads-{name}")
        assert run(user, f"reads-{name}", listing) == written


@pytest.mark.proof
def test_a_folder_promises_more_after_it_grew(user: User) -> None:
    user.apply(folder("grows"), pod("holder", FIRST, "grows", block=False))
    wait_running(user, "holder")
    user.patch(CLAIMS, "grows", resources={"requests": {"storage": "256Mi"}})
    assert bound(user, "grows", "256Mi")


@pytest.mark.proof
def test_a_datastore_without_expansion_refuses_it(user: User) -> None:
    user.apply(claim("rigid", storageClassName="fixed", accessModes=["ReadWriteOnce"]))
    bound(user, "rigid")
    with pytest.raises(Refused, match="must support resize"):
        user.patch(CLAIMS, "rigid", resources={"requests": {"storage": "256Mi"}})


@pytest.mark.proof
def test_a_datastore_that_is_full_says_so(user: User) -> None:
    user.apply(claim("greedy", size="1Ti"))
    words = user.until("the refusal", lambda: said(user, "greedy", "ProvisioningFailed"))
    assert "datastore fast is full" in words
    assert "ask for less" in words


@pytest.mark.proof
def test_deleted_it_leaves_no_device_and_no_folder(user: User, settings: Settings, shared: str) -> None:
    user.apply(snapshot("then", shared))
    usable(user, "then")
    volume = bound(user, shared)["spec"]["volumeName"]
    assert len(devices_of(volume)) == 2
    for node in (FIRST, SECOND):
        user.delete(PODS, f"on-{node}")
    user.delete(CLAIMS, shared)
    user.delete(SNAPSHOTS, "then")

    def gone() -> None:
        if left := devices_of(volume) + folders_of(settings, volume):
            raise NotYet(", ".join(left))

    user.until(f"{volume} to be gone", gone)


@pytest.mark.proof
def test_a_node_without_power_has_nothing_attached_and_comes_back(user: User, settings: Settings, shared: str) -> None:
    volume = bound(user, shared)["spec"]["volumeName"]
    user.apply(pod("stays", SECOND, shared))
    wait_running(user, "stays")
    write(user, "stays", "before")
    node_down(settings, SECOND, power=True)
    assert len(devices_of(volume)) == 1
    write(user, f"on-{FIRST}", "meanwhile")
    user.delete(PODS, f"on-{SECOND}", wait=False)
    node_up(settings, SECOND, Steps())
    user.until_gone(PODS, f"on-{SECOND}")
    assert user.until("the pod to run again", lambda: again(user, "stays")) == "meanwhile"
    assert len(devices_of(volume)) == 2


def again(user: User, name: str) -> str:
    """What a pod reads whose node came back."""
    try:
        return read(user, name)
    except Refused as refused:
        raise NotYet(str(refused)) from refused


def has_size(user: User, name: str, size: int) -> None:
    def grown() -> None:
        if (now := int(run(user, name, f"blockdev --getsize64 {DEVICE}"))) != size:
            raise NotYet(f"it has {now} bytes")

    user.until(f"{name}'s device to have {size} bytes", grown)


def devices_of(volume: str) -> list[str]:
    """The loop devices that nodes attached for the volume."""
    return [str(loop.path) for loop in loops.attached() if loop.mark.endswith(f"/{volume}")]


def folders_of(settings: Settings, volume: str) -> list[str]:
    return [str(found) for found in (settings.shared / "volumes").glob(volume)]
