"""Least privilege, by what the API server itself logged of all other tests of the tier: what Vireo's accounts asked for they may, and what
they may they asked for.

The scheduler also has the cluster's own roles for schedulers, which are upstream's and not looked at.
"""

from collections.abc import Mapping, Sequence

import pytest

from cloud.rights import Seen, of_cloud
from cloud.settings import Settings

pytestmark = [pytest.mark.cloud, pytest.mark.last]

OPERATOR, ADMISSION = "vireo-operator", "vireo-admission"
OWNED = (
    "services", "deployments.apps", "statefulsets.apps", "jobs.batch", "volumeclonesources.cdi.kubevirt.io",
    "volumeimportsources.cdi.kubevirt.io", "network-attachment-definitions.k8s.cni.cncf.io", "persistentvolumeclaims",
    "virtualmachineinstancemigrations.kubevirt.io", "virtualmachines.kubevirt.io", "volumesnapshots.snapshot.storage.k8s.io",
)  # fmt: skip
OWNERS = ("virtualmachines", "virtualdisks", "virtualswitches", "containerworkloads", "operations")
REASONS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "An object of a child's name is there already: whether it is ours is read from it.": (OPERATOR, "get", OWNED),
    "Somebody changed what Vireo made, or its owner asks for something else now; of these no test of the tier does.": (
        OPERATOR,
        "patch",
        (
            *("services", "jobs.batch", "volumeclonesources.cdi.kubevirt.io", "volumeimportsources.cdi.kubevirt.io"),
            *("network-attachment-definitions.k8s.cni.cncf.io", "virtualmachineinstancemigrations.kubevirt.io"),
            "volumesnapshots.snapshot.storage.k8s.io",
        ),
    ),
    "A child that its owner asks for no more: a Service whose ports went, an attachment whose port group went, an operation that was "
    "called back, a schedule's snapshot that is too old. What goes with its owner the garbage collector deletes.": (
        OPERATOR,
        "delete",
        (
            *("services", "statefulsets.apps", "jobs.batch", "network-attachment-definitions.k8s.cni.cncf.io"),
            *("virtualmachineinstancemigrations.kubevirt.io", "volumesnapshots.snapshot.storage.k8s.io"),
        ),
    ),
    "An operation was kept for as long as it asks for, and a Calibration that nothing was added to for long goes.": (
        OPERATOR,
        "delete",
        ("operations.vireo.dev", "calibrations.vireo.dev"),
    ),
    "No request: OwnerReferencesPermissionEnforcement, where a cluster has it, asks whether an owner's deletion may be blocked.": (
        OPERATOR,
        "update",
        [f"{owner}/finalizers.vireo.dev" for owner in OWNERS],
    ),
    "Something that is applied names a node, a machine that runs, a claim to adopt, or a snapshot.": (
        ADMISSION,
        "get",
        (
            *("nodes", "virtualmachineinstances.kubevirt.io", "persistentvolumeclaims"),
            "volumesnapshots.snapshot.storage.k8s.io",
        ),
    ),
}
"""When it is needed: whose right it is, its verb and resources."""
NEEDED = {f"{account}: {verb} {resource}" for account, verb, resources in REASONS.values() for resource in resources}
"""Rights that no test of the tier need use; of those that write, by the audit log of a whole run, none does."""


@pytest.fixture(scope="module")
def rights(settings: Settings) -> tuple[frozenset[str], Seen]:
    """The granted ones, in words, and what was seen."""
    if settings.audit != "reads":
        pytest.skip("the audit log of this cloud says no reads: VIREO_AUDIT=reads make up")
    given, seen = of_cloud(settings)
    return frozenset(map(str, given)), seen


def test_nothing_that_vireo_asks_for_is_refused(rights: tuple[frozenset[str], Seen]) -> None:
    assert sorted(map(str, rights[1].refused)) == []


def test_every_right_was_used_but_for_those_that_say_when_they_are_needed(rights: tuple[frozenset[str], Seen]) -> None:
    given, seen = rights
    assert sorted(given - set(map(str, seen.used)) - NEEDED) == []


def test_what_says_when_it_is_needed_is_granted(rights: tuple[frozenset[str], Seen]) -> None:
    assert sorted(NEEDED - rights[0]) == []
