"""The tree of an object: what it uses, and who owns what below it."""

import msgspec
import pytest
from plugin.objects import NOW, condition, glance, owned, ready, unready

from vireo.api.resources import (
    CLAIM,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    NAMESPACE,
    PLATFORM,
    POD,
    SECRET,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    VIRTUAL_SWITCH,
    Key,
)
from vireo.kinds import KINDS
from vireo.plugin.failure import PluginError
from vireo.plugin.shown.glance import HIDDEN, MISSING
from vireo.plugin.shown.style import Style
from vireo.plugin.shown.tree import Part, branch, keys, page, part
from vireo.plugin.tree import named

WEB = unready(VIRTUAL_MACHINE, "web-1", "DiskNotReady", "Its disk is not ready.")
MACHINE = glance(KUBEVIRT_MACHINE, "web-1", {"printableStatus": "Running"}, **owned(WEB))
INSTANCE = glance(KUBEVIRT_INSTANCE, "web-1", {"phase": "Running"}, **owned(MACHINE))
LAUNCHER = glance(POD, "virt-launcher-web-1-x", {"phase": "Running"}, **owned(INSTANCE))
DISK = unready(VIRTUAL_DISK, "data", "Provisioning", "The claim is being made.")
ITS_CLAIM = glance(CLAIM, "data", {"phase": "Pending"})
USED = (
    part(ready(VIRTUAL_SWITCH, "prod"), (), uses=True),
    part(DISK, (ITS_CLAIM,), uses=True),
    Part(Key(SECRET, "shop", "init"), MISSING, uses=True),
    Part(Key(SECRET, "other", "keys"), HIDDEN, uses=True),
)


def test_the_page_draws_what_is_used_and_then_what_is_owned() -> None:
    root = part(WEB, (LAUNCHER, INSTANCE, MACHINE), USED)
    assert page(root, Style(), NOW) == [
        "OBJECT                                STATE         REASON         SINCE",
        "VirtualMachine web-1                  Reconciling   DiskNotReady   60m",
        "├─ uses Secret other/keys             Hidden",
        "├─ uses Secret init                   Missing",
        "├─ uses VirtualDisk data              Reconciling   Provisioning   60m",
        "│  └─ PersistentVolumeClaim data      Pending                      60m",
        "├─ uses VirtualSwitch prod            Ready         AsSpecified    60m",
        "└─ VirtualMachine.kubevirt.io web-1   Running                      60m",
        "   └─ VirtualMachineInstance web-1    Running                      60m",
        "      └─ Pod virt-launcher-web-1-x    Running                      60m",
        "",
        "VirtualMachine web-1",
        "  Its disk is not ready.",
        "",
        "VirtualDisk data",
        "  The claim is being made.",
    ]


def test_the_json_has_the_same_shape() -> None:
    found = msgspec.to_builtins(branch(part(WEB, (LAUNCHER, INSTANCE, MACHINE), USED)))
    assert (found["kind"], found["reason"], found["well"]) == ("VirtualMachine", "DiskNotReady", False)
    assert [(one["kind"], one["uses"]) for one in found["below"]] == [
        ("Secret", True),
        ("Secret", True),
        ("VirtualDisk", True),
        ("VirtualSwitch", True),
        ("VirtualMachine", False),
    ]
    assert found["below"][-1]["apiVersion"] == "kubevirt.io/v1"
    assert found["below"][-1]["below"][0]["below"][0]["name"] == "virt-launcher-web-1-x"


def test_what_is_owned_by_what_is_not_shown_stands_below_the_object_itself() -> None:
    root = part(WEB, (LAUNCHER,))
    assert [one.key.name for one in root.below] == ["virt-launcher-web-1-x"]


def test_what_every_object_uses_is_shown_only_where_something_is_wrong_with_it() -> None:
    namespace = Part(Key(NAMESPACE, "", "shop"), glance(NAMESPACE, "shop", {"phase": "Active"}).state, uses=True)
    well = part(ready(PLATFORM, "default"), (), uses=True)
    ill = part(unready(PLATFORM, "default", "KubeVirtMissing"), (), uses=True)
    assert part(WEB, (), (namespace, well)).below == ()
    assert [one.key.name for one in part(WEB, (), (namespace, ill)).below] == ["default"]


def test_the_sentence_of_the_object_itself_is_shown_also_when_it_is_well() -> None:
    said = {"conditions": [condition("Ready", "True", "Running", "The guest runs on node-1.")]}
    assert page(part(glance(VIRTUAL_MACHINE, "web-1", said), ()), Style(), NOW)[-1] == "  The guest runs on node-1."


def test_keys_are_all_that_is_in_it() -> None:
    assert {one.name for one in keys(part(DISK, (ITS_CLAIM,)))} == {"data"}
    assert len(list(keys(part(WEB, (LAUNCHER, INSTANCE, MACHINE), USED)))) == 9


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.singular))
def test_every_kind_is_named_as_in_kubectl(kind) -> None:  # type: ignore[no-untyped-def]
    for word in (kind.singular, kind.resource.plural, str(kind.resource), *kind.short_names, kind.name):
        assert named(f"{word}/web-1") == (kind, "web-1")


@pytest.mark.parametrize("typed", ["web-1", "pod/web-1", "vm/web-1", "/web-1"])
def test_another_kind_is_refused_with_those_that_there_are(typed: str) -> None:
    with pytest.raises(PluginError, match=r"vvm \(virtualmachine\)"):
        named(typed)


@pytest.mark.parametrize("typed", ["vvm", "vvm/", "vvm/Web", "vvm/../x", "vvm/a/b"])
def test_what_is_no_name_is_refused_before_it_is_asked_for(typed: str) -> None:
    with pytest.raises(PluginError, match="is no name of an object"):
        named(typed)
