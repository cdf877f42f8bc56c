"""A disk's life on real nodes: a machine sees it, it grows under the machine, and its data outlives what used it."""

import pytest
from support.user import DISKS, MACHINES, Refused, User, disk, machine
from support.volumes import FIRST, SECOND, pod, read, wait_running, write

from cloud.steps import NotYet

pytestmark = [pytest.mark.cloud, pytest.mark.beside, pytest.mark.usefixtures("tools")]

DATA = [{"name": "data", "disk": "d"}]
CLAIMS, PODS = "persistentvolumeclaims", "pods"


@pytest.fixture(scope="module")
def attached(tenant: User) -> User:
    """One for the tests that share a machine `a` with a disk `d`, in the order of the disk's life."""
    tenant.apply(disk("d", deletionPolicy="Delete"), machine("a", disks=DATA))
    tenant.until_ready(DISKS, "d")
    tenant.until_ready(MACHINES, "a", "Running")
    return tenant


def test_the_guest_sees_it_with_its_size(attached: User) -> None:
    with attached.console("a") as console:
        assert "1.0 GiB" in console.run("disks")
    assert attached.get(DISKS, "d")["status"]["usedBy"] == [{"kind": "VirtualMachine", "name": "a"}]  # type: ignore[index]


def test_it_grows_while_the_machine_runs_and_the_guest_sees_it(attached: User) -> None:
    with attached.console("a") as console:
        attached.patch(DISKS, "d", size="2Gi")
        console.expect(r"disk .*2\.0 GiB", seconds=90)
    attached.until_ready(DISKS, "d")
    assert attached.get(DISKS, "d")["status"]["capacity"] == "2Gi"  # type: ignore[index]


def test_a_second_machine_waits_until_the_first_lets_go_and_reads_what_it_wrote(attached: User) -> None:
    _write(attached, "precious")
    attached.apply(machine("b", disks=DATA))
    assert "VirtualMachine" in attached.until_said(MACHINES, "b", "DiskInUse")["message"]
    attached.delete(MACHINES, "a")
    attached.until_ready(MACHINES, "b", "Running")
    with attached.console("b") as console:
        assert console.run("head -c 8 /dev/vdb").strip() == "precious"


def test_deleted_while_it_is_used_it_waits_for_its_user(attached: User) -> None:
    attached.delete(DISKS, "d", wait=False)
    said = attached.until_said(DISKS, "d", "InUse")
    assert "b" in said["message"]
    attached.delete(MACHINES, "b")
    attached.until_gone(DISKS, "d")
    attached.until_gone(CLAIMS, "d")


def test_on_a_datastore_that_is_full_it_says_so_and_asked_for_less_it_is_made(user: User) -> None:
    user.apply(disk("d", size="1Ti"))
    assert "datastore fast is full" in user.until_said(DISKS, "d", "ProvisioningFailed")["message"]
    user.patch(DISKS, "d", size="1Gi")
    assert user.until_ready(DISKS, "d")["status"]["capacity"] == "1Gi"


def test_it_does_not_shrink(user: User) -> None:
    user.apply(disk("d", size="2Gi"))
    user.until_ready(DISKS, "d")
    with pytest.raises(Refused, match=r"spec.size.*a disk can not shrink"):
        user.patch(DISKS, "d", size="1Gi")


def test_kept_its_data_outlives_it_and_is_taken_only_when_asked(user: User) -> None:
    user.apply(disk("d"), pod("writer", FIRST, "d"))
    wait_running(user, "writer")
    write(user, "writer", "precious")
    user.delete(PODS, "writer")
    user.delete(DISKS, "d")
    assert user.get(CLAIMS, "d") is not None
    user.apply(disk("d"))
    user.until_said(DISKS, "d", "ClaimRetained")
    user.annotate(CLAIMS, "d", "vireo.dev/adopt=true")
    user.until_ready(DISKS, "d")
    user.apply(pod("reader", SECOND, "d"))
    wait_running(user, "reader")
    assert read(user, "reader") == "precious"


def test_with_deletion_policy_delete_nothing_is_left(user: User) -> None:
    user.apply(disk("d", deletionPolicy="Delete"))
    user.until_ready(DISKS, "d")
    user.delete(DISKS, "d")
    user.until_gone(CLAIMS, "d")


def test_a_disk_of_first_use_is_made_when_its_machine_is_placed(user: User) -> None:
    user.apply(disk("d", binding="OnFirstUse", datastore="bulk"))
    user.until_said(DISKS, "d", "WaitingForFirstUse")
    user.apply(machine("a", disks=DATA))
    user.until_ready(MACHINES, "a", "Running")
    user.until_ready(DISKS, "d", "Bound")


def _write(user: User, word: str) -> None:
    with user.console("a") as console:
        console.run(f"printf {word} > /dev/vdb; sync")

        def written() -> None:
            if console.run(f"head -c {len(word)} /dev/vdb").strip() != word:
                raise NotYet("not on the disk yet")

        user.until("the word on the disk", written)
