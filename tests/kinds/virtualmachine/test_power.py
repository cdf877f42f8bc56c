"""Power against what virt-controller does: whatever users, guests, nodes and crashes of the operator do, the machine ends as asked.

A machine is on when its spec asks for it and nothing has switched it off since; what may switch it off, and what starts it again,
is the table of docs/virtualmachine.md, told here a second time and independently.
"""

from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.virt_controller import AFTER, KubeVirtWorld
from support.world import merged

from vireo.kinds import KINDS

NOON = datetime.fromisoformat("2026-01-01T12:00:00Z")
MACHINE = {
    "apiVersion": "vireo.dev/v1alpha1",
    "kind": "VirtualMachine",
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "uid-of-web-1"},
    "spec": {"hardware": {"cpu": {"cores": 1}, "memory": "1Gi"}, "bootDisk": {"image": "registry.example/debian:13"}},
}
PLATFORM = {
    "apiVersion": "vireo.dev/v1alpha1",
    "kind": "Platform",
    "metadata": {"name": "default"},
    "spec": {},
    "status": {"observedGeneration": 1},
}
TURNS = st.lists(st.sampled_from(["vireo", "kubevirt", "crash"]), max_size=8)
LEFT_OFF = {"StoppedByGuest", "StoppedOutsideVireo", "Failed"}
STEPS_AT_MOST = 60


class Power(RuleBasedStateMachine):
    """One machine. Each rule is something that happens; then all that is due is done, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = KubeVirtWorld(KINDS, NOON, MACHINE, PLATFORM)
        self.asked, self.shutdown, self.failure = "Running", "Stay", "Restart"
        self.on, self.off_by = True, ""
        self.settle([])

    def settle(self, turns: list[str]) -> None:
        for turn in turns:
            self.take(turn)
        for _ in range(STEPS_AT_MOST):
            changed = self.take("vireo"), self.take("kubevirt")
            if not any(changed):
                return
        raise AssertionError("it does not come to rest")

    def take(self, turn: str) -> bool:
        assert not (self.world.runs and self.world.needs_restart), "an upgrade of Vireo asks for no restart"
        if turn == "kubevirt":
            return self.world.carry_on()
        if turn == "crash":
            self.world._pass(crash_after=1)
            self.world.store.applied.clear()
            return True
        return self.world._pass()

    @rule(turns=TURNS)
    def vireo_gets_a_scheduler(self, turns: list[str]) -> None:
        """By an upgrade."""
        self.world.scheduler = "vireo-scheduler"
        self.settle(turns)

    def edit(self, **spec: Any) -> None:
        raw = self.world.objects[self.world.key]
        generation = raw["metadata"]["generation"] + 1
        self.world.hold(merged(raw, {"metadata": {"generation": generation}, "spec": spec}))

    @property
    def always(self) -> bool:
        return self.asked != "Stopped" and self.shutdown == self.failure == "Restart"

    def seen(self, turns: list[str]) -> bool:
        """Whether Vireo looks before KubeVirt has cleared away what ended, and lives to tell; with Manual nobody clears it away."""
        first = next((turn for turn in turns if turn != "crash"), "vireo")
        return first == "vireo" or self.failure == "Stay"

    @property
    def runs(self) -> bool:
        return self.world.runs

    @rule(asked=st.sampled_from(["Running", "Stopped", "Paused"]), turns=TURNS)
    def the_user_sets_the_power_state(self, asked: str, turns: list[str]) -> None:
        if "Stopped" in {asked, self.asked}:
            self.on, self.off_by = asked != "Stopped", "user"
        self.asked = asked
        self.edit(powerState=asked)
        self.settle(turns)

    @rule(shutdown=st.sampled_from(["Stay", "Restart"]), failure=st.sampled_from(["Stay", "Restart"]), turns=TURNS)
    def the_user_sets_what_starts_it_again(self, shutdown: str, failure: str, turns: list[str]) -> None:
        self.shutdown, self.failure = shutdown, failure
        wanted = {"guest": shutdown == "Restart", "host": failure == "Restart"}.get(self.off_by, False)
        self.on = self.on or (self.asked != "Stopped" and (wanted or self.always))
        self.edit(onGuestShutdown=shutdown, availability={"onHostFailure": failure})
        self.settle(turns)

    @precondition(lambda self: self.asked == "Running")
    @rule(turns=TURNS)
    def the_user_changes_their_mind_before_anybody_looks(self, turns: list[str]) -> None:
        self.edit(powerState="Stopped")
        self.edit(powerState="Running")
        self.settle(turns)

    @precondition(lambda self: self.runs)
    @rule(turns=TURNS)
    def the_guest_shuts_itself_down(self, turns: list[str]) -> None:
        self.on, self.off_by = self.shutdown == "Restart", "guest" if self.seen(turns) else "others"
        self.world.guest_ends("Succeeded")
        self.settle(turns)

    @precondition(lambda self: self.runs)
    @rule(turns=TURNS)
    def the_guest_fails(self, turns: list[str]) -> None:
        self.on, self.off_by = self.failure == "Restart", "host" if self.seen(turns) else "others"
        self.world.guest_ends("Failed")
        self.settle(turns)

    @precondition(lambda self: self.runs)
    @rule(turns=TURNS)
    def the_node_is_emptied(self, turns: list[str]) -> None:
        """Only who sees the pod go knows that it was not the guest: Vireo looks before the pod is gone."""
        self.on, self.off_by = self.failure == "Restart", "host"
        self.world.guest_ends("Succeeded", evicted=True)
        self.settle(["vireo", *turns])

    @precondition(lambda self: self.runs)
    @rule(turns=TURNS)
    def virtctl_stops_it(self, turns: list[str]) -> None:
        self.on, self.off_by = self.always, "others"
        self.world.virtctl("stop")
        self.settle(turns)

    @rule(turns=TURNS)
    def virtctl_starts_it(self, turns: list[str]) -> None:
        self.on = self.on or self.asked != "Stopped"
        self.world.virtctl("start")
        self.settle(turns)

    @precondition(lambda self: self.runs)
    @rule(turns=TURNS)
    def virtctl_restarts_it(self, turns: list[str]) -> None:
        before = self.world.lives
        self.world.virtctl("restart")
        self.settle(turns)
        assert self.world.lives == before + 1

    @rule(turns=TURNS)
    def somebody_deletes_the_machine_of_kubevirt(self, turns: list[str]) -> None:
        """By mistake: it comes back as it was."""
        machine = self.world.machine
        assert machine is not None
        self.world.hold(merged(machine, {"metadata": {"deletionTimestamp": AFTER}}))
        self.settle(turns)

    @invariant()
    def it_is_on_as_asked(self) -> None:
        assert self.runs == self.on, self.world.end()

    @invariant()
    def what_is_stopped_has_the_scheduler(self) -> None:
        assert self.world.machine is not None
        if self.asked == "Stopped":
            assert self.world.machine["spec"]["template"]["spec"].get("schedulerName", "") == self.world.scheduler

    @invariant()
    def it_says_what_it_is(self) -> None:
        status = self.world.objects[self.world.key]["status"]
        ready = next(one for one in status["conditions"] if one["type"] == "Ready")
        if self.on or self.asked == "Stopped":
            assert (ready["status"], ready["reason"]) == ("True", self.asked)
            assert status["phase"] == self.asked
        else:
            assert ready["reason"] in LEFT_OFF
            assert status["phase"] in {"Stopped", "Failed"}


TestPower = Power.TestCase
TestPower.settings = settings(max_examples=settings().max_examples // 4, stateful_step_count=8)
