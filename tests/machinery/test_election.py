"""At no moment do two lead: whenever each looks, writes and is paused, and whatever its clock shows."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vireo.kube.election import LEASE_SECONDS, RETRY_SECONDS, Election, Lease

CANDIDATES = st.sampled_from(["a", "b", "c"])


class Campaign(RuleBasedStateMachine):
    """A Lease at the API server, which takes a write only of the version that is there; and three candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.lease, self.version, self.time = Lease(), 0, 0.0
        self.clocks = {"a": 0.0, "b": 1e6, "c": -1e3}
        self.candidates = {name: Election(name) for name in self.clocks}
        self.bids: dict[str, tuple[Lease, float]] = {}

    def clock(self, name: str) -> float:
        return self.time + self.clocks[name]

    def leaders(self) -> list[str]:
        return [name for name, one in self.candidates.items() if one.leads(self.clock(name))]

    @rule(seconds=st.floats(0.1, LEASE_SECONDS * 2))
    def time_passes(self, seconds: float) -> None:
        self.time += seconds

    @rule(name=CANDIDATES)
    def looks(self, name: str) -> None:
        one, now = self.candidates[name], self.clock(name)
        bid = one.bid(self.lease, now)
        if bid is None:
            one.resign()
            self.bids.pop(name, None)
        else:
            self.bids[name] = bid, now

    @precondition(lambda self: self.bids)
    @rule(data=st.data())
    def writes_what_it_decided(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.bids)))
        bid, asked_at = self.bids.pop(name)
        if bid.version == self.lease.version:
            self.version += 1
            self.lease = replace(bid, version=str(self.version))
            self.candidates[name].won(asked_at)

    @precondition(lambda self: self.leaders())
    @rule()
    def the_leader_hands_over(self) -> None:
        (name,) = self.leaders()
        self.candidates[name].resign()
        self.bids.pop(name, None)
        if self.lease.holder == name:
            self.version += 1
            self.lease = Lease("", 1, self.lease.transitions, str(self.version))

    @rule(name=CANDIDATES)
    def is_started_anew(self, name: str) -> None:
        self.candidates[name] = Election(name)
        self.bids.pop(name, None)

    @invariant()
    def at_most_one_leads(self) -> None:
        assert len(self.leaders()) <= 1


TestCampaign = Campaign.TestCase


def test_the_next_one_leads_within_twenty_seconds_of_the_last_renewal() -> None:
    held, other = Lease("a", version="1"), Election("b")
    looks = [step * RETRY_SECONDS for step in range(20)]
    took = next(now for now in looks if other.bid(held, now))
    assert LEASE_SECONDS <= took <= 20


def test_a_lease_that_was_handed_over_is_taken_at_once() -> None:
    bid = Election("b").bid(Lease("", 1, 3, "7"), 0.0)
    assert bid == Lease("b", LEASE_SECONDS, 4, "7")
