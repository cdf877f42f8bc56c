"""The demo's shop (examples/shop.yaml) in a namespace, with a snapshot of its data as hack/demo/shop.py takes it: made, taken down, and
what is left of it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml
from api.orders.others import VOLUME
from api.server import Server

from cloud.api import condition
from vireo.api.resources import (
    ATTACHMENT,
    CLAIM,
    CLONE_SOURCE,
    CONTAINER_WORKLOAD,
    DEPLOYMENT,
    IMPORT_SOURCE,
    KUBEVIRT_INSTANCE,
    KUBEVIRT_MACHINE,
    OPERATION,
    POD,
    REPLICA_SET,
    SERVICE,
    SNAPSHOT,
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    VIRTUAL_SWITCH,
    Key,
    Resource,
)

Object = dict[str, Any]
Thing = tuple[Resource, str]
"""An object of the shop, by the name that it has in the example."""
Order = tuple[Thing, ...]

EXAMPLE: Final = Path(__file__).parents[3] / "examples/shop.yaml"
KINDS: Final = {one.kind: one for one in (VIRTUAL_SWITCH, VIRTUAL_DISK, VIRTUAL_MACHINE, CONTAINER_WORKLOAD)}
SWITCH, ROOT, DATA = (VIRTUAL_SWITCH, "shop"), (VIRTUAL_DISK, "db-root"), (VIRTUAL_DISK, "db-data")
MACHINE, API, FRONT = (VIRTUAL_MACHINE, "db"), (CONTAINER_WORKLOAD, "api"), (CONTAINER_WORKLOAD, "front")
THINGS: Final[tuple[Thing, ...]] = (SWITCH, ROOT, DATA, MACHINE, API, FRONT)
USERS: Final[Mapping[Thing, frozenset[Thing]]] = {
    SWITCH: frozenset({MACHINE, API, FRONT}),
    ROOT: frozenset({MACHINE}),
    DATA: frozenset({MACHINE}),
}
SNAPSHOT_OF_DATA: Final = (OPERATION, "before")
TAKEN: Final = "db-data-before"
"""What that makes."""
BELOW: Final = (
    VIRTUAL_DISK,
    VIRTUAL_MACHINE,
    CONTAINER_WORKLOAD,
    OPERATION,
    KUBEVIRT_MACHINE,
    KUBEVIRT_INSTANCE,
    DEPLOYMENT,
    REPLICA_SET,
    POD,
    SERVICE,
    ATTACHMENT,
    IMPORT_SOURCE,
    CLONE_SOURCE,
    CLAIM,
    SNAPSHOT,
)
"""All that may lie in the namespace of a shop."""
PATIENCE_SECONDS: Final = 120.0
PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Shop:
    """A shop in its namespace. Its switch, which belongs to no namespace, has the namespace's name."""

    server: Server
    namespace: str
    keeps: frozenset[str]
    """The disks whose data outlives them (deletionPolicy Retain)."""

    def open(self) -> Mapping[Key, str]:
        """Makes all of it, and waits until all is attached; answers with the UIDs of what holds data."""
        self.begin()
        self._until("Ready", lambda: self._is_ready(FRONT))  # which comes last
        self._until("attached", self._is_attached)
        return self._data()

    def begin(self) -> None:
        """Makes all of it, and waits for nothing."""
        for raw in yaml.safe_load_all(EXAMPLE.read_text().replace("switch: shop", f"switch: {self.namespace}")):
            thing = (KINDS[raw["kind"]], raw["metadata"]["name"])
            self._make(thing, self._spec(thing, raw["spec"]))
        act = {"target": {"kind": VIRTUAL_DISK.kind, "name": DATA[1]}, "action": "Snapshot"}
        self._make(SNAPSHOT_OF_DATA, act)

    def until_there(self, resource: Resource) -> None:
        """The first object of that type."""
        self._until(f"so far that there is a {resource.kind}", lambda: self._below((resource,)))

    def delete(self, *things: Thing) -> None:
        """Asks for their ends, and does not wait for any."""
        for thing in things:
            self.server.must("DELETE", self._path(thing))

    def until_gone_or_in_use(self, thing: Thing) -> str:
        """Why it waits; empty when it is gone."""

        def told() -> tuple[str] | None:
            live = self._get(thing)
            said = condition(live or {}, "Ready")
            in_use = live is not None and "deletionTimestamp" in live["metadata"] and said.get("reason") == "InUse"
            return (said["message"],) if in_use else ("",) if live is None else None

        words: str = self._until(f"{thing[1]} gone or in use", told)[0]
        return words

    def until_no_more_than_data_is_left(self) -> None:
        """The same of a shop that was not open yet: what was not made yet is not there."""
        self._until_gone()
        self._until("left with no more than data", lambda: all(self._is_kept(key) for key in self._left()))

    def until_only_data_is_left(self, before: Mapping[Key, str]) -> None:
        """Nothing is there but the claims of the disks that keep their data, their volumes and the snapshot: the same as before."""
        kept = {key: uid for key, uid in before.items() if self._is_kept(key)}
        self._until_gone()
        self._until("left with nothing but data", lambda: self._left() == set(kept))
        assert self._data() == kept
        for volume in self._volumes():
            assert volume["status"]["phase"] == "Bound", volume

    def clear(self) -> None:
        """The data goes too."""
        for key in self._data():
            if key.resource != VOLUME:
                self.server.must("DELETE", key.resource.path(self.namespace, key.name))
        self._until("empty", lambda: not self._data())

    def _until_gone(self) -> None:
        for thing in THINGS:
            self._until(f"without {thing[1]}", partial(self._is_gone, thing))

    def _is_gone(self, thing: Thing) -> bool:
        return self._get(thing) is None

    def _is_kept(self, key: Key) -> bool:
        """A volume goes by the claim that it is bound to, and a snapshot by its disk."""
        disk = DATA[1] if key.resource == SNAPSHOT else key.name
        return key.resource in {CLAIM, VOLUME, SNAPSHOT} and disk in self.keeps

    def _spec(self, thing: Thing, spec: Object) -> Object:
        """As the example has it, with its ports for this namespace alone: there are other shops."""
        if thing == SWITCH:
            here = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
            return {**spec, "portGroups": [{**group, "namespaces": here} for group in spec["portGroups"]]}
        if thing in {ROOT, DATA} and thing[1] not in self.keeps:
            return {**spec, "deletionPolicy": "Delete"}
        return spec

    def _make(self, thing: Thing, spec: Object) -> None:
        resource, name = thing
        meta = {"name": self.namespace if thing == SWITCH else name}
        body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": meta, "spec": spec}
        self.server.must("POST", resource.path(self.namespace), body)

    def _is_attached(self) -> bool:
        """As everybody says of themselves."""
        machine, workloads = self._status(MACHINE), [self._status(one) for one in (API, FRONT)]
        ports = {one["name"] for one in self._status(SWITCH).get("ports", ())}
        held = {self._status(one).get("heldBy", {}).get("name") for one in (ROOT, DATA)}
        return (
            {one["disk"] for one in machine.get("disks", ())} == {ROOT[1], DATA[1]}
            and all(one.get("networks") for one in (machine, *workloads))
            and ports == {MACHINE[1], API[1], FRONT[1]}
            and held == {MACHINE[1]}
            and condition(self._get(SNAPSHOT_OF_DATA) or {}, "Complete").get("status") == "True"
        )

    def _is_ready(self, thing: Thing) -> bool:
        return bool(condition(self._get(thing) or {}, "Ready").get("status") == "True")

    def _status(self, thing: Thing) -> Object:
        found: Object = (self._get(thing) or {}).get("status", {})
        return found

    def _get(self, thing: Thing) -> dict[str, Any] | None:
        answer = self.server.ask("GET", self._path(thing))
        assert answer.code in {200, 404}, answer
        return dict(answer.body) if answer.code == 200 else None

    def _path(self, thing: Thing) -> str:
        resource, name = thing
        return resource.path(self.namespace, self.namespace if thing == SWITCH else name)

    def _data(self) -> Mapping[Key, str]:
        """What holds data, by name: a volume has that of its claim."""
        volumes = {Key(VOLUME, "", one["spec"]["claimRef"]["name"]): one["metadata"]["uid"] for one in self._volumes()}
        below = (
            (key, one) for key, one in self._below((CLAIM, SNAPSHOT)) if "deletionTimestamp" not in one["metadata"]
        )
        return volumes | {key: one["metadata"]["uid"] for key, one in below}

    def _left(self) -> set[Key]:
        return {*(key for key, _ in self._below(BELOW)), *(key for key in self._data() if key.resource == VOLUME)}

    def _below(self, resources: Iterable[Resource]) -> list[tuple[Key, Object]]:
        return [
            (Key(resource, self.namespace, one["metadata"]["name"]), one)
            for resource in resources
            for one in self.server.must("GET", resource.path(self.namespace)).body["items"]
        ]

    def _volumes(self) -> list[Object]:
        found = self.server.must("GET", VOLUME.path()).body["items"]
        return [one for one in found if one["spec"]["claimRef"]["namespace"] == self.namespace]

    def _until(self, what: str, true: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := true()):
            assert time.monotonic() < deadline, f"{self.namespace} is not {what}:\n{self._told()}"
            time.sleep(PAUSE_SECONDS)
        return found

    def _told(self) -> str:
        """What is there, and what it says."""
        there = [(str(key), one) for key, one in self._below(BELOW)]
        switch = self._get(SWITCH)
        lines = (
            (name, one["metadata"], condition(one, "Ready"))
            for name, one in (*there, *([("switch", switch)] if switch else []))
        )
        return "\n".join(
            f"{name} {meta.get('deletionTimestamp', '')} {meta.get('finalizers', '')} {said.get('reason')}: {said.get('message')}"
            for name, meta, said in lines
        )
