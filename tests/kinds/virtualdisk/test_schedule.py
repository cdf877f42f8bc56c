"""Schedules: their moments, and that a disk has one snapshot for each that it lived to see, whenever the operator lives."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Observed
from vireo.api.resources import CLAIM, SNAPSHOT, VIRTUAL_DISK, Key
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.types import Datastore, PlatformStatus
from vireo.kinds.virtualdisk.claims import ClaimSpec, ClaimStatus, ClaimView
from vireo.kinds.virtualdisk.schedule import following, is_schedule, latest
from vireo.kinds.virtualdisk.series import Disk
from vireo.kinds.virtualdisk.snapshots import Snapshot, to_drop, to_take
from vireo.kinds.virtualdisk.types import VirtualDiskSpec, VirtualDiskStatus
from vireo.kinds.virtualdisk.views import SnapshotStatus, SnapshotView

BORN: Final = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
SCHEDULES = st.sampled_from(["*/10 * * * *", "@hourly", "@daily", "0 2 * * 1-5", "30 4 1,15 * *", "0 0 29 2 *"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
PAUSES = st.lists(st.timedeltas(timedelta(seconds=1), timedelta(hours=5)), max_size=30)


@given(SCHEDULES, MOMENTS)
def test_every_time_lies_between_two_moments_that_follow_each_other(schedule: str, now: datetime) -> None:
    before, after = latest(schedule, now), following(schedule, now)
    assert before is not None
    assert after is not None
    assert before <= now < after
    assert following(schedule, before) == after
    assert latest(schedule, after) == after


@pytest.mark.parametrize("text", ["60 * * * *", "0 0 30 2 *", "0 0 31 4 *", "often"])
def test_what_never_comes_is_no_schedule(text: str) -> None:
    assert not is_schedule(text)


@pytest.mark.parametrize("text", ["@weekly", "0 0 29 2 *", "0 0 * * MON#1", "0 0 L * *"])
def test_what_comes_rarely_is_one(text: str) -> None:
    assert is_schedule(text)


@given(st.sampled_from(["*/10 * * * *", "@hourly"]), PAUSES)
def test_each_look_leaves_the_snapshot_of_the_last_moment_and_none_twice(
    schedule: str, pauses: list[timedelta]
) -> None:
    """Each look is one of an operator that was just started: it knows nothing but what is there."""
    now, taken = BORN, list[Snapshot]()
    for pause in pauses:
        now += pause
        due = latest(schedule, now)
        assert due is not None
        if child := to_take(disk(schedule, now, taken)):
            assert child.key.name not in {one.meta.name for one in taken}
            meta = child.manifest["metadata"]
            taken.append(snapshot(meta["name"], meta["labels"]))
        wanted = f"data-{due:%Y%m%d-%H%M}"
        assert (wanted in {one.meta.name for one in taken}) == (due >= BORN)
        assert to_take(disk(schedule, now, taken)) is None


@given(st.integers(1, 5), st.integers(0, 10))
def test_the_newest_are_kept(keep: int, count: int) -> None:
    moments = [BORN + timedelta(hours=hour) for hour in range(count)]
    labels = [{"vireo.dev/due": f"{moment:%Y%m%d-%H%M}"} for moment in moments]
    there = [snapshot(f"data-{one['vireo.dev/due']}", OURS | one) for one in labels]
    dropped = to_drop(disk("@hourly", BORN, there, keep))
    assert sorted(one.meta.name for one in dropped) == [one.meta.name for one in there[: max(count - keep, 0)]]


OURS: Final = {"vireo.dev/disk": "data", "vireo.dev/disk-uid": "uid-of-data"}


def snapshot(name: str, labels: dict[str, str]) -> Snapshot:
    meta = Meta(name, "shop", uid=f"uid-of-{name}", labels=labels)
    return Live(SNAPSHOT, meta, SnapshotView(SnapshotStatus(ready_to_use=True)))


def disk(schedule: str, now: datetime, snapshots: list[Snapshot], keep: int = 24) -> Disk:
    """A disk that is bound on a datastore with snapshots."""
    spec = VirtualDiskSpec.model_validate({"size": "1Gi", "snapshots": {"schedule": schedule, "keep": keep}})
    claim = ClaimView(ClaimSpec(storage_class_name="fast", volume_name="pv-1"), ClaimStatus(phase="Bound"))
    datastores = (Datastore(name="fast", snapshot_class="fast-snapshots"),)
    known = PlatformStatus(observed_generation=1, datastores=datastores)
    platform = Live(THE_PLATFORM.resource, Meta("default"), OwnView(None, known))
    return Observed(
        key=Key(VIRTUAL_DISK, "shop", "data"),
        meta=Meta("data", "shop", uid="uid-of-data", creation_timestamp=BORN),
        spec=spec,
        status=VirtualDiskStatus(),
        now=now,
        children=(Live(CLAIM, Meta("data", "shop", labels=OURS | {"vireo.dev/sequence": "1"}), claim), *snapshots),
        uses={THE_PLATFORM: platform},
    )
