"""A small world that steps are carried out in: what the API server would hold after each, and nothing that others would do.

It has no clock and no controllers, so a kind that is reconciled in it over and over comes to an end. `crash_after` ends the
first pass in the middle: the steps that were carried out stay, what the operator knew is gone, and no status was written.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from vireo.api.decode import decode, decode_own
from vireo.api.kind import Kind
from vireo.api.names import FINALIZER
from vireo.api.objects import Child, Live
from vireo.api.reconcile import Apply, Call, Create, Delete, Observed, Outcome, SetFinalizer, Step
from vireo.api.resources import SECRET, Key
from vireo.kube.store import Store
from vireo.reconcile.plan import finished, footprint, plan

PASSES = 10

Raw = dict[str, Any]


class _MetadataOnly(msgspec.Struct):
    """The view of what is asked for and not watched."""


class World:
    """The objects by key, as JSON, and the operator's store of them. The first object is the one that is reconciled."""

    scheduler = ""

    def __init__(self, kinds: tuple[Kind[Any, Any], ...], now: datetime, *objects: Raw) -> None:
        self.store = Store(kinds)
        self.objects: dict[Key, Raw] = {}
        self.now = now
        self.version = 100
        self.key = self._read(objects[0]).key
        for raw in objects:
            self.hold(raw)

    @property
    def kind(self) -> Kind[Any, Any]:
        return self.store.kinds[self.key.resource]

    @property
    def gone(self) -> bool:
        return self.key not in self.objects

    def hold(self, raw: Raw) -> None:
        """Keeps an object as the API server would, with a version of its own; one that nothing holds any more is gone."""
        self.version += 1
        metadata = {"uid": f"uid-of-{raw['metadata']['name']}", "generation": 1, **raw["metadata"]}
        raw = {**raw, "metadata": {**metadata, "resourceVersion": str(self.version)}}
        live = self._read(raw)
        if live.key == self.key and live.meta.deletion_timestamp and not live.meta.finalizers:
            self.remove(live.key)
            return
        self.objects[live.key] = raw
        self.store.put(live)

    def remove(self, key: Key) -> None:
        self.version += 1
        del self.objects[key]
        self.store.remove(key, self.version)

    def settle(self, crash_after: int | None = None) -> None:
        """Reconciles until nothing is left to do, once ended after so many steps."""
        if crash_after is not None:
            self._pass(crash_after)
            self.store.applied.clear()
        for _ in range(PASSES):
            if self.gone or not self._pass():
                return
        raise AssertionError(f"{self.key} is not settled after {PASSES} passes")

    def _pass(self, crash_after: int | None = None) -> bool:
        """One reconcile; whether it changed anything."""
        before = json.dumps(self.end())
        observed = self.observe()
        desired = self.kind.desired(observed)
        steps = plan(observed, finished(observed, desired), self.store.applied)
        outcomes = tuple(self._outcome(step) for step in steps[:crash_after])
        if crash_after is None and not self.gone:
            status = self.kind.status_of(observed, desired, outcomes)
            self.hold({**self.objects[self.key], "status": status.wire()})
        return json.dumps(self.end()) != before

    def observe(self) -> Observed[Any, Any]:
        me = self.store.get(self.key)
        assert me is not None
        return Observed(
            key=self.key,
            meta=me.meta,
            spec=me.view.spec,
            status=me.view.status,
            now=self.now,
            children=self.store.children(self.key, me.meta.uid),
            uses={used: self.store.get(used) for used in sorted(self.kind.uses(me.meta, me.view.spec, me.view.status))},
            around={one: self.store.all(one) for one in self.kind.around},
            users=self.store.users(self.key),
            scheduler=self.scheduler,
        )

    def steps(self) -> tuple[Step, ...]:
        """What the next pass would do."""
        observed = self.observe()
        return plan(observed, finished(observed, self.kind.desired(observed)), self.store.applied)

    def _outcome(self, step: Step) -> Outcome:
        before = json.dumps(self.end())
        self._carry_out(step)
        return Outcome(step, changed=json.dumps(self.end()) != before)

    def _carry_out(self, step: Step) -> None:
        match step:
            case Create(child):
                assert child.key not in self.objects, f"{child.key} would be refused: it is there"
                self._write(child, child.manifest)
            case Apply(child, found):
                self._write(child, merged(self.objects[found.key], child.manifest))
            case Delete(found):
                self.remove(found.key)
            case Call(target=target, patch=True, body=body) if target in self.objects:
                self.hold(merged(self.objects[target], body))
            case SetFinalizer(present):
                self._set_finalizer(present)

    def _write(self, child: Child, raw: Raw) -> None:
        self.hold(raw)
        self.store.applied[child.key] = (
            child.digest,
            footprint(child, self._read(self.objects[child.key])),
        )

    def _read(self, raw: Raw) -> Live[Any]:
        """The object as kube/ keeps it."""
        body, type_ = json.dumps(raw).encode(), (raw["apiVersion"], raw["kind"])
        for resource, kind in self.store.kinds.items():
            if type_ == (resource.api_version, resource.kind):
                return decode_own(kind, body)
        views = {one: self.store.view(one) for one in self.store.watches} | {SECRET: _MetadataOnly}
        resource = next(one for one in views if type_ == (one.api_version, one.kind))
        return decode(resource, views[resource], body)

    def _set_finalizer(self, present: bool) -> None:
        raw = self.objects[self.key]
        others = [one for one in raw["metadata"].get("finalizers", ()) if one != FINALIZER]
        self.hold(merged(raw, {"metadata": {"finalizers": [*others, *([FINALIZER] if present else ())]}}))

    def end(self) -> Mapping[str, Raw]:
        """All that there is, less what tells one write from another."""
        return {str(key): merged(raw, {"metadata": {"resourceVersion": None}}) for key, raw in self.objects.items()}


def merged(raw: Raw, change: Mapping[str, Any]) -> Raw:
    """A merge patch, RFC 7386."""
    result = dict(raw)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            result[name] = merged(result.get(name) or {}, value)
        else:
            result[name] = value
    return result
