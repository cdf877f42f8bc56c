"""What makes a guest itself stays: its UUID, by which cloud-init knows it, and its hardware address, by which its network does."""

from dataclasses import replace
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from kinds.test_cases import Case, read_case

from vireo.api.objects import Live
from vireo.api.resources import KUBEVIRT_MACHINE
from vireo.kinds.virtualmachine.power import Machine, twin
from vireo.kinds.virtualmachine.template import kubevirt_machine
from vireo.kinds.virtualmachine.views import (
    Card,
    Devices,
    Domain,
    Firmware,
    GuestSpec,
    MachineSpec,
    MachineView,
    Template,
)

CASES = Path(__file__).parent / "cases"
OLD_UUID, OLD_ADDRESS = "0d9b4a4e-53f5-4a0e-8d3c-1b1f2b7c0a99", "52:54:00:12:34:56"


def new() -> Case:
    return read_case(CASES / "a machine from an image needs no disk")


def identity(machine: Machine) -> tuple[str, str]:
    """The guest's UUID and hardware address."""
    domain = kubevirt_machine(machine).manifest["spec"]["template"]["spec"]["domain"]
    return domain["firmware"]["uuid"], domain["devices"]["interfaces"][0]["macAddress"]


def there(machine: Machine, domain: Domain, scheduler: str = "") -> Machine:
    """The machine where KubeVirt has one of its name, which is not Vireo's."""
    view = MachineView(MachineSpec(template=Template(GuestSpec(domain=domain, scheduler_name=scheduler))))
    live = Live(KUBEVIRT_MACHINE, msgspec.structs.replace(machine.meta, uid="theirs"), view)
    return replace(machine, uses={**machine.uses, twin(machine): live})


def test_a_machine_that_is_taken_keeps_its_own() -> None:
    theirs = Domain(Firmware(OLD_UUID), Devices((Card(OLD_ADDRESS),)))
    assert identity(there(new().observed, theirs)) == (OLD_UUID, OLD_ADDRESS)


def test_a_machine_that_is_taken_keeps_its_scheduler() -> None:
    taken = replace(there(new().observed, Domain(), "theirs"), scheduler="vireo-scheduler")
    assert kubevirt_machine(taken).manifest["spec"]["template"]["spec"]["schedulerName"] == "theirs"


def test_a_machine_that_is_taken_and_had_none_gets_them() -> None:
    machine = new().observed
    assert identity(there(machine, Domain())) == identity(machine)


@given(st.uuids().map(str), st.uuids().map(str))
def test_each_object_has_its_own(one: str, other: str) -> None:
    found = [identity(of(uid)) for uid in (one, other)]
    assert (found[0] == found[1]) == (one == other)
    assert [uuid for uuid, _ in found] == [one, other]


@given(st.uuids().map(str))
def test_an_address_is_of_one_card_and_was_given_locally(uid: str) -> None:
    octets = bytes.fromhex(identity(of(uid))[1].replace(":", ""))
    assert len(octets) == 6
    assert octets[0] & 0b11 == 0b10


def of(uid: str) -> Machine:
    machine: Machine = new().observed
    return replace(machine, meta=msgspec.structs.replace(machine.meta, uid=uid))
