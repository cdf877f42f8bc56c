"""The gate: every API write passes here, one function a step, so that each is counted, bound to what was seen, and explained."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from vireo.api.conditions import Finding
from vireo.api.decode import decode, decode_own
from vireo.api.names import ANNOTATION_ADOPT, ANNOTATION_DESIRED, FIELD_MANAGER, FINALIZER
from vireo.api.objects import Child, Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Apply, Call, Create, Delete, Observed, Outcome, SetFinalizer, Step
from vireo.api.resources import EVENT, Key
from vireo.kube.client import APPLY, JSON, JSON_PATCH, MERGE_PATCH, ApiError, Client
from vireo.kube.store import Store, version_of
from vireo.reconcile.limits import EventLimit
from vireo.reconcile.plan import footprint

log = logging.getLogger(__name__)

WEBHOOK_AWAY: Final = 500
"""What the API server answers where an admission webhook can not be reached: its words say which, and are the same each time. Those of
other failures vary, and are in the log."""
STRICT: Final = {"fieldValidation": "Strict"}
"""A create drops a field that nobody knows unless it is told not to, and what a user wrote would be missing unnoticed; an apply refuses."""
_OWN_PORT: Final = re.compile(r"\S+->")
"""Whence a connection came: another port each time."""

ForEachWrite = Callable[[str, Key], None]
"""Told of every write before it is sent: the verb, and which object (no name: its collection)."""


class Gate:
    """Carries out steps and answers with what became of each."""

    def __init__(self, client: Client, store: Store, for_each_write: ForEachWrite = lambda _verb, _key: None) -> None:
        self._client = client
        self._store = store
        self.for_each_write = for_each_write
        self.wake: Callable[[Iterable[Key]], None] = lambda _keys: None
        """Told whom our own writes concern: the watch that shows an object again shows no change."""
        self.events = EventLimit()
        self._foreign: set[Key] = set()

    async def carry_out(self, observed: Observed[Any, Any], steps: tuple[Step, ...]) -> tuple[Outcome, ...]:
        """In order, up to the first that does not succeed: what follows it may rest on it."""
        outcomes: list[Outcome] = []
        for step in steps:
            outcome = await self._step(observed, step)
            outcomes.append(outcome)
            if not outcome.ok:
                break
        return tuple(outcomes)

    async def _step(self, observed: Observed[Any, Any], step: Step) -> Outcome:
        try:
            match step:
                case Create():
                    return await self._create(observed, step)
                case Apply():
                    return await self._apply(step, step.child, step.live)
                case Delete():
                    return await self._delete(step)
                case Call():
                    return await self._call(step)
                case SetFinalizer():
                    return await self._set_finalizer(observed, step)
        except ApiError as error:
            log.info("%s: %s", observed.key, error)
            return Outcome(step, _finding(step, error), retry=error.passing or error.code in {404, 409})
        except msgspec.ValidationError as error:
            odd = f"{_target(step)} is there and can not be read: {error}. Correct or delete it."
            return Outcome(step, Finding(Reason.API_ERROR, odd), retry=True)

    async def _create(self, observed: Observed[Any, Any], step: Create) -> Outcome:
        child = step.child
        if child.key not in self._foreign or await self._read(child) is None:
            try:
                self._remember(child, await self._write("POST", child.key, query=STRICT, body=child.manifest))
            except ApiError as error:
                if error.code != 409 or error.reason != "AlreadyExists":
                    raise
            else:
                self._foreign.discard(child.key)
                return Outcome(step)
        return await self._meet(observed, step)

    async def _meet(self, observed: Observed[Any, Any], step: Create) -> Outcome:
        """An object of the child's name is there: ours after all (a lost answer), given to us, on its way out, or foreign."""
        live = await self._read(step.child)
        if live is None or live.meta.deletion_timestamp:
            gone = f"{step.child.key} from before is still being deleted; the new one is made when it is gone."
            return Outcome(step, Finding(Reason.RECONCILING, gone), retry=True)
        ours = live.meta.controlled_by(observed.meta.uid) if step.child.owned else _same_labels(step.child, live)
        if ours or live.meta.annotations.get(ANNOTATION_ADOPT) == "true":
            self._foreign.discard(live.key)
            return await self._apply(step, step.child, live)
        self._foreign.add(live.key)
        return Outcome(step, Finding(Reason.FOREIGN_OBJECT, foreign(live.key)), retry=True)

    async def _apply(self, step: Step, child: Child, live: Live[Any]) -> Outcome:
        if await self._holds_already(child, live):
            self._store.applied[child.key] = (child.digest, footprint(child, live))
            return Outcome(step, changed=False)
        if not live.meta.applied:
            await self._take_over(live)
        after = self._remember(child, await self._write_apply(child, live))
        return Outcome(step, changed=after.meta.resource_version != live.meta.resource_version)

    async def _holds_already(self, child: Child, live: Live[Any]) -> bool:
        """After a restart: whether applying the same wish again would change nothing. A dry run: it writes nothing.

        Only where the object was made for this very wish: otherwise a field that is no longer wanted would stay unnoticed.
        """
        wish = child.manifest["metadata"]["annotations"][ANNOTATION_DESIRED]
        if live.meta.annotations.get(ANNOTATION_DESIRED) != wish or child.key in self._store.applied:
            return False
        after = self._decode(child, await self._write_apply(child, live, dry_run=True))
        return footprint(child, after) == footprint(child, live)

    async def _take_over(self, live: Live[Any]) -> None:
        """Turns our entry of managedFields from Update to Apply, so that fields which are no longer wanted go (rule 4)."""
        at = next((i for i, entry in enumerate(live.meta.managed_fields) if entry.ours), None)
        if at is None:
            return
        path = f"/metadata/managedFields/{at}"
        body = [
            {"op": "test", "path": "/metadata/uid", "value": live.meta.uid},
            {"op": "test", "path": f"{path}/manager", "value": FIELD_MANAGER},
            {"op": "test", "path": f"{path}/operation", "value": "Update"},
            {"op": "replace", "path": f"{path}/operation", "value": "Apply"},
        ]
        try:
            await self._write("PATCH", live.key, body=body, content_type=JSON_PATCH)
        except ApiError as error:
            if error.code == 422:  # a test of the patch failed: the object changed since it was read
                raise ApiError("PATCH", str(live.key), 409, "Conflict", error.message) from error
            raise

    async def _write_apply(self, child: Child, live: Live[Any], *, dry_run: bool = False) -> bytes:
        manifest = {**child.manifest, "metadata": {**child.manifest["metadata"], "uid": live.meta.uid}}
        query = {"force": "true", **({"dryRun": "All"} if dry_run else {})}
        return await self._write("PATCH", child.key, query=query, body=manifest, content_type=APPLY)

    async def _delete(self, step: Delete) -> Outcome:
        body = {"preconditions": {"uid": step.live.meta.uid}, "propagationPolicy": "Background"}
        try:
            await self._write("DELETE", step.live.key, body=body)
        except ApiError as error:
            if error.code not in {404, 409}:  # gone, or another object has the name now: both are what was wanted
                raise
            return Outcome(step, changed=False)
        return Outcome(step)

    async def _call(self, step: Call) -> Outcome:
        try:
            if step.patch:
                body = {
                    **step.body,
                    "metadata": {**step.body.get("metadata", {}), **({"uid": step.uid} if step.uid else {})},
                }
                await self._write("PATCH", step.target, body=body, content_type=MERGE_PATCH)
            else:
                await self._write("PUT", step.target, subresource=step.subresource, body=dict(step.body))
        except ApiError as error:
            if error.code not in step.done_when:
                raise
            return Outcome(step, changed=False)
        return Outcome(step)

    async def _set_finalizer(self, observed: Observed[Any, Any], step: SetFinalizer) -> Outcome:
        try:
            answer = await (self._take_finalizer(observed) if step.present else self._release_finalizer(observed))
        except ApiError as error:
            if step.present or error.code != 404:
                raise
            self._forget(observed)
        else:
            self.keep(decode_own(self._store.kinds[observed.key.resource], answer))
        return Outcome(step)

    def keep(self, live: Live[Any]) -> None:
        """What a write to one of Vireo's own answered. The watch shows it again, and wakes all but those whom it names no more."""
        named = self._store.uses(live.key)
        woken = self._store.put(live)
        self.wake(woken & (named - self._store.uses(live.key)))

    def _forget(self, observed: Observed[Any, Any]) -> None:
        """What is gone already: deleted past its finalizer, it was kept until its end was done (process/own_kinds.py)."""
        self.wake(self._store.remove(observed.key, version_of(observed.meta.resource_version)))

    async def _take_finalizer(self, observed: Observed[Any, Any]) -> bytes:
        key = observed.key
        meta = {"name": key.name, "uid": observed.meta.uid, "finalizers": [FINALIZER]}
        body = {"apiVersion": key.resource.api_version, "kind": key.resource.kind, "metadata": meta}
        return await self._write("PATCH", key, query={"force": "true"}, body=body, content_type=APPLY)

    async def _release_finalizer(self, observed: Observed[Any, Any]) -> bytes:
        """By whomever it is held: an object that was restored, or applied as it was read, has it by others' word too, and an apply
        would leave it to them for ever."""
        meta, others = observed.meta, [one for one in observed.meta.finalizers if one != FINALIZER]
        body = {"metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": others}}
        return await self._write("PATCH", observed.key, body=body, content_type=MERGE_PATCH)

    async def write_status(self, key: Key, uid: str, status: Mapping[str, Any]) -> bytes:
        """The whole status, whoever wrote the one before (a restore may have): an apply would leave what others wrote. Raises ApiError."""
        body = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": "/status", "value": status},
        ]
        return await self._write("PATCH", key, subresource="status", body=body, content_type=JSON_PATCH)

    async def write_event(self, event: Mapping[str, Any]) -> None:
        """An event is a courtesy: that it could not be written is logged and no more, and of each object only so many are."""
        if not self.events.allows(event["regarding"]["uid"], asyncio.get_running_loop().time()):
            return
        key = Key(EVENT, event["metadata"]["namespace"], "")
        try:
            await self._write("POST", key, body=event)
        except ApiError as error:
            log.warning("event not written: %s", error)

    async def create_own(self, key: Key, spec: Mapping[str, Any]) -> bytes:
        """An object of a kind of ours that Vireo itself makes, as it is stored; one that is there is left as it is. Raises ApiError."""
        resource = key.resource
        body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": key.name}, "spec": spec}
        try:
            return await self._client.request("GET", resource.path("", key.name))
        except ApiError as error:
            if error.code != 404:
                raise
            return await self._write("POST", key, body=body)

    async def _write(
        self,
        verb: str,
        key: Key,
        *,
        subresource: str = "",
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> bytes:
        """The one place that sends a write."""
        self.for_each_write("DRY-RUN" if "dryRun" in (query or {}) else verb, key)
        path = key.resource.path(key.namespace, "" if verb == "POST" else key.name, subresource)
        manager = {} if verb == "DELETE" or subresource not in {"", "status"} else {"fieldManager": FIELD_MANAGER}
        return await self._client.request(verb, path, {**manager, **(query or {})}, body, content_type=content_type)

    async def _read(self, child: Child) -> Live[Any] | None:
        try:
            return self._decode(
                child, await self._client.request("GET", child.resource.path(child.key.namespace, child.key.name))
            )
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def _remember(self, child: Child, answer: bytes) -> Live[Any]:
        live = self._decode(child, answer)
        self._store.put(live)
        self._store.applied[child.key] = (child.digest, footprint(child, live))
        return live

    def _decode(self, child: Child, raw: bytes) -> Live[Any]:
        return decode(child.resource, self._store.view(child.resource), msgspec.Raw(raw))


def foreign(key: Key) -> str:
    """What is said of an object that has a child's name and is not ours, with the way out."""
    return (
        f"{key} exists and was not made by Vireo, so it is left alone. "
        f'Rename this object, delete that one, or let Vireo take it: annotate it {ANNOTATION_ADOPT}="true".'
    )


def _same_labels(child: Child, live: Live[Any]) -> bool:
    """Whether data that carries no owner is this object's: all the child's labels are on it (the owner's UID among them)."""
    labels: dict[str, str] = child.manifest["metadata"]["labels"]
    return all(live.meta.labels.get(name) == value for name, value in labels.items())


def _finding(step: Step, error: ApiError) -> Finding:
    what = _target(step)
    if error.passing or error.code in {404, 409}:
        words = f" It says: {_OWN_PORT.sub('', error.message)}" if error.code == WEBHOOK_AWAY else ""
        return Finding(
            Reason.API_ERROR, f"{what}: the API server answered {error.code} {error.reason}; Vireo tries again.{words}"
        )
    return Finding(Reason.REFUSED, f"{what} was refused: {error.message}")


def _target(step: Step) -> str:
    match step:
        case Create(child=child) | Apply(child=child):
            return str(child.key)
        case Delete(live=live):
            return str(live.key)
        case Call():
            return f"{step.name} of {step.target}"
        case SetFinalizer():
            return "the finalizer"
