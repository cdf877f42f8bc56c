"""What bad input gets on a real cluster: a refusal with the field's path, or a condition that says what is missing."""

import pytest
from support.user import DISKS, KUBEVIRT_MACHINES, MACHINES, SMALL, Object, Refused, User, disk, machine

pytestmark = pytest.mark.cloud


def test_a_bad_field_is_refused_with_its_path(user: User) -> None:
    with pytest.raises(Refused, match=r"spec\.powerState"):
        user.apply(machine("a", powerState="Resting"))


def test_a_secret_that_is_missing_is_named_and_waited_for(user: User) -> None:
    user.apply(machine("a", powerState="Stopped", initialization={"cloudInitSecret": "later"}))
    assert "later" in user.until_said(MACHINES, "a", "SecretMissing")["message"]
    user.kubectl("create", "secret", "generic", "later", "--from-literal=userdata=#cloud-config")
    user.until_ready(MACHINES, "a", "Stopped")


def test_a_disk_that_is_missing_is_named_and_waited_for(user: User) -> None:
    user.apply(machine("a", powerState="Stopped", disks=[{"name": "data", "disk": "later"}]))
    assert "later" in user.until_said(MACHINES, "a", "DiskMissing")["message"]
    user.apply(disk("later"))
    user.until_ready(MACHINES, "a", "Stopped")


def test_an_instance_type_that_is_missing_is_named(user: User) -> None:
    user.apply(machine("a", hardware={"instanceType": {"name": "none-such"}}))
    assert "none-such" in user.until_said(MACHINES, "a", "InstanceTypeMissing")["message"]


def test_a_datastore_that_is_missing_is_named(user: User) -> None:
    user.apply(disk("d", datastore="none-such"))
    assert "none-such" in user.until_said(DISKS, "d", "DatastoreMissing")["message"]


def test_what_no_node_can_run_says_why(user: User) -> None:
    user.apply(machine("a", hardware={"cpu": {"cores": 1, "model": "Abacus"}, "memory": "256Mi"}))
    assert "didn't match Pod's node affinity/selector" in user.until_said(MACHINES, "a", "Unschedulable")["message"]


def test_what_kubevirt_refuses_is_told_in_its_words(user: User) -> None:
    """Only KubeVirt's webhook knows that this instance type is too small for that preference."""
    user.apply(
        _instancetype("VirtualMachineInstancetype", "small", {"cpu": {"guest": 1}, "memory": {"guest": "256Mi"}}),
        _instancetype("VirtualMachinePreference", "large", {"requirements": {"memory": {"guest": "1Gi"}}}),
    )
    kinds = {
        "instanceType": {"name": "small", "kind": "Namespaced"},
        "preference": {"name": "large", "kind": "Namespaced"},
    }
    user.apply(machine("a", powerState="Stopped", hardware=kinds))
    said = user.until_said(MACHINES, "a", "Refused", "Stalled")
    assert "preference" in said["message"]
    assert ("Refused", said["message"]) in user.events("a")
    user.kubectl("patch", MACHINES, "a", "--type=merge", "--patch", '{"spec": {"hardware": {"preference": null}}}')
    user.until_ready(MACHINES, "a", "Stopped")


def test_an_override_that_kubevirt_does_not_know_is_named_and_not_dropped(user: User) -> None:
    user.apply(machine("a", hardware={**SMALL, "overrides": {"spec": {"domain": {"devices": {"rgn": {}}}}}}))
    said = user.until_said(MACHINES, "a", "Refused", "Stalled")
    assert 'unknown field "spec.template.spec.domain.devices.rgn"' in said["message"]
    assert user.get(KUBEVIRT_MACHINES, "a") is None


def test_a_machine_of_that_name_that_is_not_ours_is_left_alone_until_given(user: User) -> None:
    theirs = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "a"},
        "spec": {
            "runStrategy": "Halted",
            "template": {"spec": {"domain": {"devices": {}, "memory": {"guest": "128Mi"}}}},
        },
    }
    user.apply(theirs)
    user.apply(machine("a", powerState="Stopped"))
    said = user.until_said(MACHINES, "a", "ForeignObject", "Stalled")
    assert "vireo.dev/adopt" in said["message"]
    user.annotate(KUBEVIRT_MACHINES, "a", "vireo.dev/adopt=true")
    user.until_ready(MACHINES, "a", "Stopped")
    assert (user.get(KUBEVIRT_MACHINES, "a") or {})["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "256Mi"


def _instancetype(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": "instancetype.kubevirt.io/v1beta1", "kind": kind, "metadata": {"name": name}, "spec": spec}
