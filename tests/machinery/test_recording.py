"""When placements are recorded, and of how many. In virtual time."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest
from load.test_decision import GROUNDS, SMALL, table
from machinery.clock import now, seconds

from vireo.api.names import LABEL_MANAGED
from vireo.api.objects import Live, Meta
from vireo.api.resources import POD
from vireo.extender.recorder import BEHIND, KEPT, PACE, Answer, Recorder
from vireo.kube.client import ApiError, Client
from vireo.load.demand import Taken
from vireo.load.world import PlacedPod, PlacedSpec

KNOWN = table(a=3, b=1)
ANSWER = Answer(KNOWN.rank(SMALL, ["a", "b"], now=0.0), ["a", "b"], Taken(SMALL, GROUNDS), KNOWN.imbalance())


class Journal:
    """Takes what the recorder writes, and refuses what is of `gone`."""

    def __init__(self, *gone: str) -> None:
        self.gone, self.written = gone, list[tuple[float, str]]()

    async def request(self, method: str, path: str, *, body: Mapping[str, Any], **_: object) -> bytes:
        uid = body["metadata"]["uid"]
        if uid in self.gone:
            raise ApiError(method, path, 404, "NotFound", "no such pod")
        self.written.append((seconds(), uid))
        return b""


def recorder_of(journal: Journal) -> Recorder:
    return Recorder(cast("Client", journal), now)


def pod(name: str) -> Live[PlacedPod]:
    meta = Meta(name, "shop", name, labels={LABEL_MANAGED: "containerworkload"})
    return Live(POD, meta, PlacedPod(metadata=meta, spec=PlacedSpec(node_name="b")))


def place(recorder: Recorder, name: str) -> None:
    """The scheduler asks, and binds the pod at once."""
    recorder.answered(name, ANSWER)
    recorder.bound(pod(name))


async def run(recorder: Recorder) -> None:
    """Until all is written."""
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(BEHIND * PACE + 1)
    running.cancel()


async def test_what_is_placed_together_is_recorded_one_after_the_other_but_for_what_is_gone() -> None:
    journal = Journal("b")
    recorder = recorder_of(journal)
    for name in ("a", "b", "c"):
        place(recorder, name)
    await run(recorder)
    assert [name for _, name in journal.written] == ["a", "c"]
    assert [at for at, _ in journal.written] == pytest.approx([0, 2 * PACE])
    assert recorder.dropped == 0, "one that is gone needs no record"


async def test_what_is_too_far_behind_is_dropped_and_counted() -> None:
    journal = Journal()
    recorder = recorder_of(journal)
    for number in range(BEHIND + 3):
        place(recorder, str(number))
    await run(recorder)
    assert [name for _, name in journal.written] == [str(number) for number in range(BEHIND)]
    assert recorder.dropped == 3


async def test_of_what_was_answered_without_end_only_the_newest_is_known() -> None:
    journal = Journal()
    recorder = recorder_of(journal)
    for number in range(KEPT + 1):
        recorder.answered(str(number), ANSWER)
    for number in (0, 1, KEPT):
        recorder.bound(pod(str(number)))
    await run(recorder)
    assert [name for _, name in journal.written] == ["1", str(KEPT)]
