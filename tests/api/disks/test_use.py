"""A disk and those that use it: one holds it, and it ends when none does."""

import pytest
from api.disks.shop import Shop
from support import etcd

from vireo.api.names import FINALIZER
from vireo.api.resources import CLAIM, VIRTUAL_DISK, VIRTUAL_MACHINE, Key
from vireo.process import own_kinds

pytestmark = pytest.mark.api


async def test_deleted_while_it_is_used_it_ends_after_its_users(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk(deletionPolicy="Delete")
    await shop.until_said("Bound")
    await machine(shop, "a")
    await until_held_by(shop, "a")
    await shop.delete(VIRTUAL_DISK, "d")
    assert f"VirtualMachine {shop.namespace}/a" in (await shop.until_said("InUse"))["message"]
    assert (await shop.must(CLAIM, "d"))["metadata"].get("deletionTimestamp") is None
    await shop.delete(VIRTUAL_MACHINE, "a")
    await shop.until_gone(VIRTUAL_DISK, "d")
    await shop.until_gone(CLAIM, "d")


async def test_kept_and_used_it_ends_after_its_users_and_leaves_its_claim(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await shop.until_said("Bound")
    await machine(shop, "a")
    await until_held_by(shop, "a")
    await shop.delete(VIRTUAL_DISK, "d")
    await shop.until_said("InUse")
    await shop.delete(VIRTUAL_MACHINE, "a")
    await shop.until_gone(VIRTUAL_DISK, "d")
    assert (await shop.must(CLAIM, "d"))["metadata"].get("deletionTimestamp") is None


async def test_the_second_machine_gets_it_when_the_first_does_not_name_it_any_more(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk()
    await machine(shop, "a")
    await until_held_by(shop, "a")
    await machine(shop, "b")
    await shop.idle()
    await until_held_by(shop, "a")
    await machine(shop, "a", disks=())
    await until_held_by(shop, "b")


async def test_for_its_first_use_it_is_made_when_a_machine_names_it(shop: Shop) -> None:
    await shop.volume("d")
    await shop.disk(binding="OnFirstUse")
    await shop.until_said("WaitingForFirstUse")
    assert await shop.get(CLAIM, "d") is None
    await machine(shop, "a")
    await shop.until_said("Bound")


async def test_whoever_was_deleted_past_their_finalizer_uses_it_no_more(
    shop: Shop, control_plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and not when it is next looked for what ended unnoticed."""
    monkeypatch.setattr(own_kinds, "COMPARE_FIRST_SECONDS", own_kinds.COMPARE_SECONDS)
    await shop.stop()
    await shop.start()
    await shop.volume("d")
    await shop.disk()
    await machine(shop, "a")
    await until_held_by(shop, "a")
    await shop.merge(VIRTUAL_MACHINE, "a", {"metadata": {"finalizers": [FINALIZER]}})
    await shop.delete(VIRTUAL_DISK, "d")
    await shop.until_said("InUse")
    etcd.delete(control_plane, Key(VIRTUAL_MACHINE, shop.namespace, "a"))
    await shop.until_gone(VIRTUAL_DISK, "d")


async def machine(shop: Shop, name: str, disks: tuple[str, ...] = ("d",)) -> None:
    """Applies a machine that names these disks, as a user would."""
    spec = {
        "hardware": {"cpu": {"cores": 1}, "memory": "256Mi"},
        "bootDisk": {"image": "registry.local/guest:1"},
        "disks": [{"name": disk, "disk": disk} for disk in disks],
    }
    await shop.apply(VIRTUAL_MACHINE, name, spec)


async def until_held_by(shop: Shop, name: str) -> None:
    async def held() -> bool:
        disk = await shop.must(VIRTUAL_DISK, "d")
        return bool(disk.get("status", {}).get("heldBy", {}).get("name") == name)

    await shop.until(held)
