"""A scenario: an object and its surroundings at a moment of its life, put into a namespace of a real API server.

It is made of a case (tests/kinds/KIND/cases, or any value of that form). What a case says by symbols becomes what the server gives:
UIDs, and the times before `now`. What the server alone decides is as it decides it: every object is a minute old.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from vireo.api.kind import Kind
from vireo.api.names import FIELD_MANAGER, GROUP, LABEL_MANAGED, LABEL_WORKLOAD
from vireo.api.resources import (
    API_SERVICE,
    CLAIM,
    DEPLOYMENT,
    JOB,
    NAMESPACE,
    POD,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    Key,
    Resource,
)
from vireo.kube.client import MERGE_PATCH, ApiError, Client

Raw = dict[str, Any]

NOON: Final = "2026-01-01T12:00:00Z"
AGE: Final = timedelta(minutes=1)
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HELD: Final = "tests.vireo.dev/held"
"""The finalizer of what a case shows as being deleted: somebody else's, who never lets go."""
ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
"""Without one named `default` a namespace takes no pods."""
SHOP: Final = "shop"
"""The namespace of the cases; each life has one of its own in its place."""


class UnstorableError(Exception):
    """The API server does not take an object of the case: an older CRD let it in."""


@dataclass(frozen=True)
class Scenario:
    """The object, and what is around it, in the words of the case."""

    kinds: tuple[Kind[Any, Any], ...]
    given: Mapping[str, Any]

    @property
    def objects(self) -> list[Raw]:
        """The object first."""
        others = (one for group in ("around", "children", "uses", "users") for one in self.given.get(group, ()))
        return [self.given["object"], *others]

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.given.get("now", NOON))

    @property
    def resources(self) -> list[Resource]:
        """The types that play a part: what is shown, and what the object's kind makes."""
        shown = {self.resource(raw) for raw in self.objects}
        kind = next(kind for kind in self.kinds if kind.resource == self.resource(self.given["object"]))
        return sorted(shown | {watch.resource for watch in kind.watches if watch.parent})

    @property
    def namespaces(self) -> dict[str, Raw]:
        """Those that play a part, by name, as far as the case shows them."""
        shown = {raw["metadata"]["name"]: raw for raw in self.objects if self.resource(raw) == NAMESPACE}
        return {SHOP: {"apiVersion": "v1", "kind": NAMESPACE.kind, "metadata": {"name": SHOP}}} | shown

    @property
    def apart(self) -> bool:
        """Whether lives of it can go on side by side: what lies in no namespace is there once, and must say the same in all of them."""
        shared = [raw for raw in self.objects if not self.resource(raw).namespaced and self.resource(raw) != NAMESPACE]
        return self.given["object"] not in shared and not any(SHOP in str(raw) for raw in shared)

    def resource(self, raw: Raw) -> Resource:
        watched = [watch.resource for kind in self.kinds for watch in kind.watches]
        known = (*(kind.resource for kind in self.kinds), *watched, SECRET, NAMESPACE)
        return next(one for one in known if (one.api_version, one.kind) == (raw["apiVersion"], raw["kind"]))


@dataclass
class Stage:
    """A scenario as it is set up in a namespace: the key of its object, and which UID each symbol became."""

    scenario: Scenario
    client: Client
    namespace: str
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    uids: dict[str, str] = field(default_factory=dict)

    @cached_property
    def namespaces(self) -> Mapping[str, str]:
        """What each namespace of the case is called in this life."""
        return {name: self.namespace + ("" if name == SHOP else f"-{name}") for name in self.scenario.namespaces}

    @property
    def key(self) -> Key:
        raw = self.scenario.given["object"]
        resource = self.scenario.resource(raw)
        return Key(resource, self.namespace if resource.namespaced else "", raw["metadata"]["name"])

    @property
    def now(self) -> datetime:
        """The case's `now` on the server's clock."""
        return self.began + AGE

    async def set_up(self) -> None:
        """Makes what the case shows, owners first; then what it says of it, then what is being deleted."""
        namespaces = self.scenario.namespaces.values()
        objects = [*namespaces, *_owners_first([raw for raw in self.scenario.objects if raw not in namespaces])]
        for raw in objects:
            await self._make(raw)
        for raw in objects:
            if raw.get("status"):
                await self._say(raw)
        for raw in objects:
            if "deletionTimestamp" in raw["metadata"]:
                await self.client.request("DELETE", self.path(raw))

    def path(self, raw: Raw, name: str | None = None, subresource: str = "") -> str:
        where = self.translated(raw["metadata"].get("namespace", ""))
        own = self.translated(raw["metadata"]["name"]) if raw["kind"] == NAMESPACE.kind else raw["metadata"]["name"]
        return self.scenario.resource(raw).path(where, own if name is None else name, subresource)

    async def _make(self, raw: Raw) -> None:
        resource, body = self.scenario.resource(raw), self.translated(completed(raw))
        symbol = raw["metadata"].get("uid", f"uid-of-{raw['metadata']['name']}")
        body["metadata"] = {name: body["metadata"][name] for name in body["metadata"] if name not in SERVERS_OWN}
        if "deletionTimestamp" in raw["metadata"]:
            body["metadata"]["finalizers"] = [*body["metadata"].get("finalizers", ()), HELD]
        ours = LABEL_MANAGED in raw["metadata"].get("labels", {})
        query = {"fieldManager": FIELD_MANAGER if ours else "others"}
        try:
            answer = await self.client.request("POST", self.path(raw, ""), query, body)
        except ApiError as error:
            if error.code == 422 and resource.group == GROUP:
                raise UnstorableError(error.message) from error
            if error.code == 409:  # shown twice, or not of this life alone
                answer = await self.client.request("GET", self.path(raw))
            else:
                raise
        if resource == NAMESPACE:
            await self.client.request(
                "POST", ACCOUNTS.path(body["metadata"]["name"]), body={"metadata": {"name": "default"}}
            )
        self.uids[symbol] = msgspec.json.decode(answer)["metadata"]["uid"]

    async def _say(self, raw: Raw) -> None:
        body = {"status": self.translated(raw["status"])}
        try:
            await self.client.request("PATCH", self.path(raw, subresource="status"), {}, body, content_type=MERGE_PATCH)
        except ApiError as error:
            if error.code == 422:
                raise UnstorableError(error.message) from error
            if error.code != 404:  # an open type has its status in the object itself
                raise
            await self.client.request("PATCH", self.path(raw), {}, body, content_type=MERGE_PATCH)

    def translated(self, value: Any) -> Any:
        """The case's words in the server's: namespace, UIDs, and times as far before now as they were."""
        match value:
            case dict():
                return {name: self.translated(one) for name, one in value.items()}
            case list():
                return [self.translated(one) for one in value]
            case str() if value in self.namespaces:
                return self.namespaces[value]
            case str() if TIME.fullmatch(value):
                moved = self.now + (datetime.fromisoformat(value) - self.scenario.now)
                return moved.strftime("%Y-%m-%dT%H:%M:%SZ")
            case str():
                return self.uids.get(value, value)
        return value


SERVERS_OWN: Final = frozenset({"uid", "creationTimestamp", "deletionTimestamp", "generation", "resourceVersion"})


def _owners_first(objects: list[Raw]) -> Iterator[Raw]:
    """Each object after those whose UID it names, as far as they are there; else the older first, as the server will have it too."""
    left = list(objects)
    while left:
        symbols = {raw["metadata"].get("uid", f"uid-of-{raw['metadata']['name']}") for raw in left}
        free = [raw for raw in left if not _named(raw) & (symbols - {raw["metadata"].get("uid")})]
        yield from sorted(free or left, key=lambda raw: str(raw["metadata"].get("creationTimestamp", "")))
        left = [raw for raw in left if raw not in free] if free else []


def _named(raw: Raw) -> set[str]:
    metadata = raw["metadata"]
    owners = {owner["uid"] for owner in metadata.get("ownerReferences", ())}
    return owners | set(metadata.get("labels", {}).values())


def completed(raw: Raw) -> Raw:
    """The object with what the server asks of its type and Vireo does not read."""
    whole = copy.deepcopy(raw)
    whole.pop("status", None)
    if (raw["apiVersion"], raw["kind"]) == (POD.api_version, POD.kind):
        spec = whole.setdefault("spec", {})
        spec["automountServiceAccountToken"] = False  # it would have a name of its own in each life
        containers = spec.setdefault("containers", [{"name": "compute"}])
        for one in containers:
            one.setdefault("image", "registry.example/launcher:1")
    if (raw["apiVersion"], raw["kind"]) == (CLAIM.api_version, CLAIM.kind):
        spec = whole.setdefault("spec", {})
        spec.setdefault("accessModes", ["ReadWriteOnce"])
        spec.setdefault("resources", {"requests": {"storage": "1Gi"}})
    if raw["apiVersion"] in {DEPLOYMENT.api_version, JOB.api_version}:
        _complete_controller(whole)
    if (raw["apiVersion"], raw["kind"]) == (SERVICE.api_version, SERVICE.kind):
        selector = {LABEL_WORKLOAD: raw["metadata"]["name"]}
        whole["spec"] = {"ports": [{"name": "http", "port": 80}], "selector": selector, **whole.get("spec", {})}
    if raw["kind"] == API_SERVICE.kind:
        version, _, group = raw["metadata"]["name"].partition(".")
        whole["spec"] = {
            "version": version,
            "group": group,
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
            **whole.get("spec", {}),
        }
    if raw["kind"] == STORAGE_CLASS.kind:
        whole.setdefault("provisioner", "tests.vireo.dev")
    return whole


def _complete_controller(raw: Raw) -> None:
    """A Deployment, ReplicaSet, StatefulSet or Job: with what Vireo would have written and can not be changed."""
    labels = {LABEL_WORKLOAD: raw["metadata"].get("labels", {}).get(LABEL_WORKLOAD, raw["metadata"]["name"])}
    spec = raw.setdefault("spec", {})
    pod = spec.setdefault("template", {})
    pod.setdefault("metadata", {}).setdefault("labels", labels)
    pod.setdefault("spec", {}).setdefault("containers", [{"name": "main", "image": "registry.example/api:1"}])
    if raw["kind"] == JOB.kind:
        pod["spec"]["restartPolicy"] = "Never"
    else:
        spec["selector"] = {"matchLabels": labels}
    if raw["kind"] == STATEFUL_SET.kind:
        spec |= {"serviceName": raw["metadata"]["name"], "podManagementPolicy": "Parallel"}
