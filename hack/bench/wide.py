"""Switches and disks over many namespaces, as the real components leave them: made, waited for, and gone again.

Each namespace is of a team, and each port group is for the namespaces of one team. With one team each is for all of them.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from bench.crowd import apply_all
from bench.namespace import FIELD, VIREO, Field
from cloud import networks
from cloud.api import Api, Object
from cloud.networks.node import BRIDGE
from cloud.settings import Settings
from cloud.simulated import nodes, volumes
from cloud.steps import NotYet, Steps

PORT_GROUPS = int(os.environ.get("VIREO_BENCH_PORT_GROUPS") or 500)
NAMESPACES = int(os.environ.get("VIREO_BENCH_NAMESPACES") or 100)
TEAMS = int(os.environ.get("VIREO_BENCH_TEAMS") or 10)
DISKS = int(os.environ.get("VIREO_BENCH_DISKS") or 1000)
A_SWITCH = 100
"""How many port groups a switch has: 128 is the most."""
AT_ONCE = 8
LOOK_SECONDS = 1.0
PATIENCE = 900.0


@dataclass(frozen=True)
class Wide:
    """All of them, in a cloud."""

    settings: Settings
    name: str

    @cached_property
    def api(self) -> Api:
        return Api(self.settings)

    @property
    def attachments(self) -> int:
        """How many the switches make."""
        teams = [number % TEAMS for number in range(NAMESPACES)]
        return sum(teams.count(number % TEAMS) for number in range(PORT_GROUPS))

    @cached_property
    def switches(self) -> list[Object]:
        groups = [_port_group(number) for number in range(PORT_GROUPS)]
        return [self._switch(first, groups[first : first + A_SWITCH]) for first in range(0, PORT_GROUPS, A_SWITCH)]

    @property
    def disks(self) -> Iterator[Object]:
        return (place.disk(name, datastore=volumes.AT_ONCE) for place, name in self._places())

    def apply(self) -> None:
        """The switches first: each then has all of its attachments to make."""
        apply_all(self.api, (*self.switches, *self.disks))

    def until_ready(self) -> None:
        _until("all to be Ready", self._check_ready)

    def prepare(self) -> None:
        """What an administrator has made before: namespaces, bridges, Multus' CRD, volumes."""
        networks.deploy(self.settings, Steps(out=sys.stderr))
        for number in range(self.settings.simulated_nodes):
            _mark(self.api, nodes.name(number))
        self.api.apply_all(volumes.datastores())
        apply_all(self.api, (self._namespace(number) for number in range(NAMESPACES)))
        apply_all(self.api, (volumes.volume(place.namespace, name) for place, name in self._places()))

    def remove(self) -> None:
        """The switches before their namespaces, or each would take its attachments out of one after the other."""
        self.api.delete(f"/apis/{VIREO}/virtualswitches?labelSelector={FIELD}={self.name}")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.api.delete, [f"/api/v1/namespaces/{name}" for name in self._namespaces()]))
        _until("the end of the namespaces", self._check_gone)
        for name in self._namespaces():
            self.api.delete(volumes.volumes_of(name))

    def _places(self) -> Iterator[tuple[Field, str]]:
        """A namespace and a name in it for each disk."""
        fields = [Field(self.settings, self.api, name) for name in self._namespaces()]
        return ((fields[number % NAMESPACES], f"disk-{number}") for number in range(DISKS))

    def _namespaces(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(NAMESPACES)]

    def _namespace(self, number: int) -> Object:
        labels = {FIELD: self.name, "team": f"team-{number % TEAMS}"}
        return {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self._namespaces()[number], "labels": labels},
        }

    def _switch(self, number: int, port_groups: list[Object]) -> Object:
        metadata = {"name": f"{self.name}-{number}", "labels": {FIELD: self.name}}
        spec = {"uplink": {"bridge": BRIDGE}, "portGroups": port_groups}
        return {"apiVersion": VIREO, "kind": "VirtualSwitch", "metadata": metadata, "spec": spec}

    def _check_ready(self) -> None:
        time.sleep(LOOK_SECONDS)
        kinds = {"virtualswitches": len(self.switches), "virtualdisks": DISKS}
        for kind, wanted in kinds.items():
            ready = self.api.column(f"/apis/{VIREO}/{kind}", "Ready").count("True")
            if ready < wanted:
                raise NotYet(f"{ready} of {wanted} {kind}")

    def _check_gone(self) -> None:
        time.sleep(LOOK_SECONDS)
        if left := self.api.items(f"/api/v1/namespaces?labelSelector={FIELD}={self.name}"):
            raise NotYet(f"{len(left)} are left")


@contextmanager
def wide(settings: Settings) -> Iterator[Wide]:
    """Prepared, and gone afterwards."""
    found = Wide(settings, f"bench-{uuid.uuid4().hex[:6]}")
    try:
        found.prepare()
        yield found
    finally:
        found.remove()


def _port_group(number: int) -> Object:
    team = {"matchLabels": {"team": f"team-{number % TEAMS}"}}
    return {"name": f"group-{number}", "vlan": 1 + number % A_SWITCH, "namespaces": team}


def _mark(api: Api, node: str) -> None:
    """The node says that it has the bridge, as KubeVirt's bridge-marker would."""
    has = {f"bridge.network.kubevirt.io/{BRIDGE}": "1k"}
    api.merge(f"/api/v1/nodes/{node}/status", {"status": {"capacity": has, "allocatable": has}})


def _until(what: str, check: Callable[[], None]) -> None:
    with Steps(out=sys.stderr).step(what) as step:
        step.wait(what, check, PATIENCE)
