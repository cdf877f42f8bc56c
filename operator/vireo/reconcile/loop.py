"""The loop: for every kind the same five lines, from a key to a settled object."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vireo.api.conditions import Finding, conditions, progress
from vireo.api.decode import decode_own
from vireo.api.kind import Kind
from vireo.api.learning import Act, Learned, nothing_learned
from vireo.api.objects import Live, Meta
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed, Remembering, refusal
from vireo.api.resources import Key
from vireo.api.schema import Model
from vireo.kube.client import ApiError
from vireo.kube.observe import Reader
from vireo.kube.store import Store
from vireo.reconcile.events import event
from vireo.reconcile.gate import Gate
from vireo.reconcile.plan import finished, plan, recall, remember

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """When to come back: at a moment, or soon because something failed that may pass (the queue knows how soon); and why it failed."""

    wake_at: datetime | None = None
    retry: bool = False
    failed: Reason | None = None
    ended: tuple[Act, ...] = ()
    """The acts that the status, as it was written, says have ended."""


class Reconciler:
    """Reconciles one object at a time; remembers nothing itself: the store and the gate do."""

    def __init__(self, reader: Reader, store: Store, gate: Gate, learned: Learned = nothing_learned) -> None:
        self._reader = reader
        self._store = store
        self._gate = gate
        self._learned = learned

    async def reconcile(self, key: Key, now: datetime) -> Result:
        """One pass over one object. Raises ApiError where the API server could not be asked, or refused the status."""
        kind, live = self._store.kinds[key.resource], self._store.get(key)
        if live is None:
            return Result()
        if live.view.invalid:
            return await self._say_invalid(kind, live, now)
        observed = await self._reader.observe(kind, live, now, self._learned)
        desired, applied = kind.desired(observed), self._store.applied
        wishes = finished(observed, desired)
        applied.update(recall(observed, wishes, applied))
        outcomes = await self._gate.carry_out(observed, plan(observed, wishes, applied))
        status = kind.status_of(observed, desired, outcomes)
        if (
            isinstance(status, Remembering)
            and status.applied != (known := remember(observed, wishes, applied))
            and _says_something(status)
        ):
            status = status.model_copy(update={"applied": known})
        written = await self._say(kind, observed, status)
        refused = refusal(outcomes)
        reason = refused.finding.reason if refused and refused.finding else None
        ended = kind.ended(observed.status, status, observed) if written else ()
        return Result(desired.wake_at, retry=refused is not None, failed=reason, ended=ended)

    async def _say(self, kind: Kind[Any, Any], observed: Observed[Any, Any], said: Model) -> bool:
        """The status, written once and only if it changed; what a person should notice also as an event. Whether it was written.

        Where the object is gone there is nobody to tell: its end is an event of its own.
        """
        if said == observed.status:  # quicker than the JSON of both
            return False
        before, status = observed.status.wire(), said.wire()
        if status == before or _ended(observed.meta, self._store.get(observed.key)):
            return False
        try:
            answer = await self._gate.write_status(observed.key, observed.meta.uid, status)
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        self._gate.keep(decode_own(kind, answer))
        if news := event(observed, before, status):
            await self._gate.write_event(news)
        return True

    async def _say_invalid(self, kind: Kind[Any, Any], live: Live[Any], now: datetime) -> Result:
        """A stored spec that this version can not read: nothing is done but to say so."""
        finding = Finding(
            Reason.BAD_SPEC, f"The stored spec is not valid here: {live.view.invalid}. Correct it and apply it again."
        )
        observed: Observed[Any, Any] = Observed(
            key=live.key, meta=live.meta, spec=None, status=live.view.status, now=now
        )
        told = conditions(live.view.status.conditions, progress(None, stalled=finding), live.meta.generation, now)
        update = {"conditions": told, "observed_generation": live.meta.generation}
        await self._say(kind, observed, live.view.status.model_copy(update=update))
        return Result()


def _says_something(status: Model) -> bool:
    """Else what is remembered waits for the first word: it saves one question after a restart, and is not worth a write of its own."""
    return status != type(status)()


def _ended(meta: Meta, live: Live[Any] | None) -> bool:
    """Whether the object is gone, or lets go of its last finalizer now: there is nobody left to tell."""
    return (
        live is None or live.meta.uid != meta.uid or (meta.deletion_timestamp is not None and not live.meta.finalizers)
    )
