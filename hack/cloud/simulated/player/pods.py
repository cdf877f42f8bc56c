"""Pods on simulated nodes: the part of a pod that the player reads, and which are where."""

from collections.abc import Collection
from typing import Any

import msgspec

from cloud.simulated.labels import CPU, MEMORY
from cloud.simulated.player.instance import seconds_of

LAUNCHER = "virt-launcher"


class _Owner(msgspec.Struct):
    kind: str
    name: str
    uid: str


class _Labels(msgspec.Struct, rename={"part": "kubevirt.io"}):
    part: str = ""


class _Annotations(msgspec.Struct, rename={"cpu": CPU, "memory": MEMORY}):
    cpu: str = ""
    memory: str = ""


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    namespace: str
    uid: str
    creation_timestamp: str
    labels: _Labels = msgspec.field(default_factory=_Labels)
    annotations: _Annotations = msgspec.field(default_factory=_Annotations)
    owner_references: list[_Owner] = []
    deletion_timestamp: str | None = None


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str = ""


class _Status(msgspec.Struct):
    phase: str = ""
    podIP: str = ""  # noqa: N815 - the API's name, which no rule of renaming makes
    containerStatuses: list[dict[str, Any]] = []  # noqa: N815


class Pod(msgspec.Struct):
    """A pod, read from its JSON; all that is not named here is skipped when it is decoded."""

    metadata: _Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def node(self) -> str:
        """Where it runs, empty before it is scheduled."""
        return self.spec.node_name

    @property
    def launches(self) -> bool:
        """True if it is a machine's launcher."""
        return self.metadata.labels.part == LAUNCHER

    @property
    def machine(self) -> str:
        """NAMESPACE/NAME of a launcher's instance."""
        return f"{self.metadata.namespace}/{self._owner.name}"

    @property
    def machine_uid(self) -> str:
        """The UID of a launcher's instance."""
        return self._owner.uid

    @property
    def over(self) -> bool:
        """True when its containers have ended."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def terminating(self) -> bool:
        """True from the moment that its deletion is asked for."""
        return self.metadata.deletion_timestamp is not None

    @property
    def running(self) -> dict[str, float]:
        """Its containers that run, and since when (seconds since 1970)."""
        states = {status["name"]: status.get("state", {}).get("running") for status in self.status.containerStatuses}
        return {name: seconds_of(state["startedAt"]) for name, state in states.items() if state}

    @property
    def _owner(self) -> _Owner:
        kind = "VirtualMachineInstance"
        return next((owner for owner in self.metadata.owner_references if owner.kind == kind), _Owner(kind, "", ""))


class Pods:
    """All that are there, by their node."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, Pod]] = {}
        self._node_of: dict[str, str] = {}

    def see(self, key: str, pod: Pod | None) -> None:
        """The pod as it is now, None if it is gone."""
        if (node := self._node_of.pop(key, None)) is not None:
            del self._on[node][key]
            if not self._on[node]:
                del self._on[node]
        if pod is not None:
            self._node_of[key] = pod.node
            self._on.setdefault(pod.node, {})[key] = pod

    def on(self, node: str) -> Collection[Pod]:
        """Those of a node."""
        return self._on.get(node, {}).values()
