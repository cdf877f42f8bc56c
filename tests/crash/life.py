"""An operator's life: from its start to its end, which may come after any of its writes.

It is the operator's own loop, gate and reader at a real API server. In place of its watches it sees, before each pass, all that there is.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from crash.scenario import TIME, Stage

from vireo.api.decode import decode, decode_own
from vireo.api.names import ANNOTATION_DESIRED
from vireo.api.resources import EVENT, NAMESPACE, SECRET, Key, Resource
from vireo.kube.client import JSON, ApiError, Client
from vireo.kube.observe import Reader
from vireo.kube.pages import Page, pages
from vireo.kube.store import Store, version_of
from vireo.reconcile.gate import Gate
from vireo.reconcile.loop import Reconciler

PASSES: Final = 12
MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
"""A machine's is made of its UID."""
NEVER: Final = 0
FIGURES: Final = frozenset({"lastStart", "lastStop", "lastMigration", "lasted", "applied"})
"""A crash may cost an act its figures: they are worth no write of their own. A hash is made of what differs from life to life."""
ALLOCATED: Final = frozenset({"clusterIP", "clusterIPs"})
"""What the server gives each Service anew."""
Raw = dict[str, Any]


class Killed(BaseException):
    """Not an Exception: nothing in the operator may take it for an error of a reconcile and go on."""


class Blow(StrEnum):
    """What befalls a write."""

    KILLED = "the operator was killed after it"
    ANSWER_LOST = "its answer was lost on the way back"
    REQUEST_LOST = "it was lost on its way"


class Line(Client):
    """The line to the API server. It counts writes, and one of them meets with a blow."""

    def __init__(self, client: Client, blow: Blow = Blow.KILLED, at: int = NEVER) -> None:
        vars(self).update(vars(client))  # the same connections
        self.written: list[str] = []
        self.struck = False
        self._blow = blow
        self._at = at

    async def request(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        writes = verb != "GET" and "dryRun" not in (query or {}) and not path.startswith(f"/apis/{EVENT.api_version}/")
        now = writes and not self.struck and len(self.written) + 1 == self._at
        self.struck |= now
        if now and self._blow is Blow.REQUEST_LOST:
            raise ApiError(verb, path, 0, "NoAnswer", "the request was lost")
        answer = await super().request(verb, path, query, body, content_type=content_type, accept=accept)
        if writes:
            self.written.append(f"{verb} {path}")
        if now:
            raise Killed if self._blow is Blow.KILLED else ApiError(verb, path, 0, "NoAnswer", "the answer was lost")
        return answer


@dataclass
class Life:
    """One process: what it knows ends with it."""

    line: Line
    stage: Stage
    store: Store = field(init=False)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.stage.scenario.kinds)
        self.gate = Gate(self.line, self.store)

    async def settle(self, key: Key, now: datetime) -> None:
        """Passes over the object until one writes nothing; what failed is tried again, as the queue does."""
        reconciler = Reconciler(Reader(self.line, self.store), self.store, self.gate)
        for _ in range(PASSES):
            await self._look()
            before = len(self.line.written), self.line.struck
            try:
                await reconciler.reconcile(key, now)
            except ApiError:
                continue
            if (len(self.line.written), self.line.struck) == before:
                return
        raise AssertionError(f"{key} is not settled after {PASSES} passes: {self.line.written}")

    async def _look(self) -> None:
        for resource in self.stage.scenario.resources:
            if resource != SECRET:
                await self._list(resource)

    async def _list(self, resource: Resource) -> None:
        own, watches = self.store.kinds.get(resource), self.store.watches.get(resource, ())
        seen, version = set(), ""
        async for page in listed(self.line, self.stage, resource):
            for raw in page.items:
                live = decode_own(own, raw) if own else decode(resource, watches[0].view, raw) if watches else None
                if live and (resource != NAMESPACE or live.key.name in self.stage.namespaces.values()):
                    self.store.put(live)
                    seen.add(live.key)
            version = page.metadata.resource_version
        for selector in [watch.selector for watch in watches] or [""]:
            self.store.keep(resource, seen, version_of(version), selector)


async def listed(client: Client, stage: Stage, resource: Resource) -> AsyncIterator[Page]:
    """The objects in the namespaces of this life, or those that are in none."""
    for namespace in stage.namespaces.values() if resource.namespaced else [""]:
        async for page in pages(client, resource, {}, namespace=namespace):
            yield page


async def left_behind(client: Client, stage: Stage) -> Mapping[str, Raw]:
    """All that there is in the namespaces, and the object itself, less what differs from one life to the next."""
    found: dict[str, Raw] = {}
    uids: dict[str, str] = {uid: symbol for symbol, uid in stage.uids.items()}
    words = {name: f"the namespace {case}" for case, name in sorted(stage.namespaces.items(), reverse=True)}
    for resource in stage.scenario.resources:
        async for page in listed(client, stage, resource):
            for raw in (msgspec.json.decode(item) for item in page.items):
                where = words.get(raw["metadata"].get("namespace", ""), "")
                name = f"{resource} {where} {raw['metadata']['name']}"
                if resource != NAMESPACE:
                    found[name] = raw
                uids.setdefault(raw["metadata"]["uid"], f"uid of {name}")
    longest_first = sorted((uids | words).items(), key=lambda pair: -len(pair[0]))
    return {name: compared(raw, dict(longest_first)) for name, raw in found.items()}


def compared(raw: Raw, words: Mapping[str, str]) -> Raw:
    """The object as it is compared: symbols in place of UIDs, and no versions, times, and hashes of what they are in."""
    metadata = {
        name: value for name, value in raw["metadata"].items() if name not in {"resourceVersion", "managedFields"}
    }
    metadata["annotations"] = {
        name: value for name, value in metadata.get("annotations", {}).items() if name != ANNOTATION_DESIRED
    }
    parts = {
        "spec": {name: value for name, value in raw.get("spec", {}).items() if name not in ALLOCATED},
        "status": {name: value for name, value in raw.get("status", {}).items() if name not in FIGURES},
    }
    shown = {name: part for name, part in parts.items() if name in raw}
    plain: Raw = _replaced({**raw, "metadata": metadata, **shown}, words)
    return plain


def _replaced(value: Any, words: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {name: _replaced(one, words) for name, one in value.items()}
        case list():
            return [_replaced(one, words) for one in value]
        case str():
            known = next((word for word in words if word in value), None)
            return _plain(value.replace(known, words[known]) if known else value)
    return value


def _plain(text: str) -> str:
    return MAC.sub("MAC", TIME.sub("TIME", text))
