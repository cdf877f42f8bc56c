"""Disks against what Kubernetes' controllers do: whatever is asked for, and in whatever order they look and act, nothing that a pod has
mounted is given to others; and in the end all is as asked.
"""

from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.deployment_controller import AFTER, KubernetesWorld
from support.world import Raw, merged

from vireo.kinds import KINDS

NOON = datetime.fromisoformat("2026-01-01T12:00:00Z")
DISKS = ("a", "b")
API = {"apiVersion": "vireo.dev/v1alpha1"}
UID = "uid-of-api"
TURNS = st.lists(
    st.sampled_from(["vireo", "crash", "deployment sees", "deployment acts", "sets seen", "sets act", "kubelet"]),
    max_size=12,
)
STEPS_AT_MOST = 40


def workload(*disks: str) -> Raw:
    meta = {"name": "api", "namespace": "shop", "uid": UID}
    return {
        **API,
        "kind": "ContainerWorkload",
        "metadata": meta,
        "spec": {"image": "registry.example/api:1", **named(*disks)},
    }


def named(*disks: str) -> Raw:
    return {"disks": [{"name": f"disk-{one}", "disk": one, "mountPath": f"/{one}"} for one in disks]}


def disk(name: str) -> Raw:
    held = {"kind": "ContainerWorkload", "name": "api", "uid": UID}
    status = {"observedGeneration": 1, "claim": name, "sequence": 1, "heldBy": held}
    meta = {"name": name, "namespace": "shop"}
    return {
        **API,
        "kind": "VirtualDisk",
        "metadata": meta,
        "spec": {"size": "1Gi", "content": "FileSystem"},
        "status": status,
    }


class RollOut(RuleBasedStateMachine):
    """One workload with up to two disks. Each rule is something that happens, after which some look and act and others do not."""

    def __init__(self) -> None:
        super().__init__()
        self.world = KubernetesWorld(KINDS, NOON, workload("a"), *map(disk, DISKS))

    def take(self, turn: str) -> bool:
        if self.world.gone and turn in {"vireo", "crash"}:
            return False
        if turn == "crash":
            self.world._pass(crash_after=1)
            self.world.store.applied.clear()
            return True
        changed = self.world._pass() if turn == "vireo" else self.world.carry_on(turn)
        self.nothing_mounted_is_free()
        return changed

    def settle(self) -> None:
        everybody = ["vireo", *self.world.turns]
        for _ in range(STEPS_AT_MOST):
            changed = [self.take(turn) for turn in everybody]
            if not any(changed):
                return
        raise AssertionError("it does not come to rest")

    @property
    def me(self) -> Raw:
        return self.world.objects[self.world.key]

    def edit(self, **spec: Any) -> None:
        if not self.world.gone:
            generation = self.me["metadata"]["generation"] + 1
            self.world.hold(merged(self.me, {"metadata": {"generation": generation}, "spec": spec}))

    @rule(disks=st.lists(st.sampled_from(DISKS), unique=True), replicas=st.sampled_from([0, 1]), turns=TURNS)
    def the_user_changes_the_spec(self, disks: list[str], replicas: int, turns: list[str]) -> None:
        self.edit(**named(*disks), replicas=replicas)
        for turn in turns:
            self.take(turn)

    @rule(turns=TURNS)
    def a_node_is_emptied(self, turns: list[str]) -> None:
        self.world.evict()
        for turn in turns:
            self.take(turn)

    @rule(turns=TURNS)
    def time_passes(self, turns: list[str]) -> None:
        for turn in turns:
            self.take(turn)

    @rule()
    def all_that_is_due_is_done(self) -> None:
        self.settle()
        if not self.world.gone and "deletionTimestamp" not in self.me["metadata"]:
            (ready,) = (one for one in self.me["status"]["conditions"] if one["type"] == "Ready")
            assert ready["status"] == "True", ready
            said = {one["disk"] for one in self.me["status"]["disks"]}
            assert said == {one["disk"] for one in self.me["spec"].get("disks", ())}

    @rule()
    def the_user_deletes_it(self) -> None:
        if not self.world.gone:
            self.world.hold(merged(self.me, {"metadata": {"deletionTimestamp": AFTER}}))

    @invariant()
    def nothing_mounted_is_free(self) -> None:
        """A disk is held as long as its holder names it, says that it has it, or has yet to say anything of its newest spec."""
        if self.world.gone:
            assert not self.world.mounted
            return
        status = self.me.get("status", {})
        if status.get("observedGeneration") == self.me["metadata"]["generation"]:
            held = {one["disk"] for one in (*self.me["spec"].get("disks", ()), *status.get("disks", ()))}
            assert self.world.mounted <= held


TestRollOut = RollOut.TestCase
TestRollOut.settings = settings(max_examples=settings().max_examples, stateful_step_count=12)
