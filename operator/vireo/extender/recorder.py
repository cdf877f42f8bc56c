"""What was answered to the scheduler, kept until it is known where the pod went; then it is written on the pod."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from vireo.api.names import ANNOTATION_PLACEMENT, LABEL_MANAGED
from vireo.api.objects import Live, Meta
from vireo.api.resources import POD
from vireo.kube.client import MERGE_PATCH, ApiError, Client
from vireo.load.decision import Decision
from vireo.load.demand import Taken
from vireo.load.ranking import Ranking
from vireo.load.record import decision

log = logging.getLogger(__name__)

KEPT: Final = 1000
"""How many answers are kept at most whose pods have no node yet."""
BEHIND: Final = 5000
"""How many records wait at most to be written. What is beyond is dropped: a placement is explained, it does not depend on that."""
PACE: Final = 0.05
"""Seconds between two records: what is to be placed comes before what explains it, at the API server too."""
GONE: Final = frozenset({404, 409})


class Answer(NamedTuple):
    """A ranking, the names in its order, what the pod was taken to use, and the imbalance before."""

    ranking: Ranking
    names: Sequence[str]
    taken: Taken
    imbalance: float


class Recorder:
    """Writes the annotation vireo.dev/placement of Vireo's own pods, one after the other, behind the scheduler's back."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._due: asyncio.Queue[tuple[Live[Any], Decision]] = asyncio.Queue(BEHIND)
        self.dropped = 0

    def wants(self, meta: Meta) -> bool:
        """Whether a pod is Vireo's own: of others nothing is recorded."""
        return LABEL_MANAGED in meta.labels

    def answered(self, uid: str, answer: Answer) -> None:
        """The newest answer of each pod is what counts: a scheduler may try again."""
        self._answers[uid] = answer
        self._answers.move_to_end(uid)
        if len(self._answers) > KEPT:
            self._answers.popitem(last=False)

    def bound(self, live: Live[Any]) -> None:
        """A pod has its node."""
        answer = self._answers.pop(live.meta.uid, None)
        if answer is None or ANNOTATION_PLACEMENT in live.meta.annotations:
            return
        found = decision(
            answer.ranking, answer.names, answer.taken, answer.imbalance, (live.view.spec.node_name, self._now())
        )
        try:
            self._due.put_nowait((live, found))
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            live, found = await self._due.get()
            try:
                await self._write(live, found)
            except ApiError as error:
                if error.code not in GONE:
                    log.warning(
                        "the placement of pod %s/%s is not recorded: %s", live.meta.namespace, live.meta.name, error
                    )
                    self.dropped += 1
            await asyncio.sleep(PACE)

    async def _write(self, live: Live[Any], found: Decision) -> None:
        """By the status, which a scheduler may patch: its metadata is taken with it. The UID makes that it is this pod and no later one."""
        annotations = {ANNOTATION_PLACEMENT: msgspec.json.encode(found).decode()}
        body = {"metadata": {"uid": live.meta.uid, "annotations": annotations}}
        path = POD.path(live.meta.namespace, live.meta.name, "status")
        await self._client.request("PATCH", path, body=body, content_type=MERGE_PATCH)
