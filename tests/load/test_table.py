"""The table says what the plain formulas say of the same cluster, after whatever has happened."""

import math
from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from load.test_balance import CAPACITIES, DEMANDS, GIB, LOADS

from vireo.api.measures import Sample
from vireo.formulas.balance import (
    BEST,
    NOISE,
    Amounts,
    Cluster,
    Load,
    Node,
    change,
    filled,
    imbalance,
    load,
    mean,
    over_ceiling,
    scores,
    total,
    unit,
    use,
)
from vireo.load.demand import USUAL, Workload
from vireo.load.samples import STALE
from vireo.load.table import HELD, Table

NAMES = [f"node-{number}" for number in range(6)]
PODS = [f"shop/pod-{number}" for number in range(8)]
WORKLOADS = st.builds(
    Workload,
    node=st.sampled_from(["", *NAMES]),
    requested=DEMANDS,
    promised=st.sampled_from([Amounts(), Amounts(cpu=2), Amounts(8, GIB)]),
    shape=st.sampled_from(["", "small", "large"]),
    sensitivity=st.sampled_from([0.5, 1.0, 3.0]),
)
QUANTITIES = st.sampled_from(["cpu", "memory", "disk", "network", "efficiency"])
VALUES = st.one_of(st.floats(0, 1), st.floats(0, 1e9), st.just(math.nan), st.just(-1.0), st.just(math.inf))


class Agreement(RuleBasedStateMachine):
    """Whatever comes in, in whatever order, the columns are the sums that the plain formulas make of what is there."""

    @initialize()
    def begin(self) -> None:
        self.table, self.now = Table(), 1e9
        self.nodes: dict[str, Amounts] = {}

    @rule(name=st.sampled_from(NAMES), capacity=CAPACITIES)
    def node_comes_or_changes(self, name: str, capacity: Amounts) -> None:
        self.table.put_node(name, capacity)
        self.nodes[name] = capacity

    @rule(name=st.sampled_from(NAMES))
    def node_goes(self, name: str) -> None:
        self.table.drop_node(name)
        self.nodes.pop(name, None)

    @rule(key=st.sampled_from(PODS), workload=WORKLOADS)
    def pod_comes_or_changes(self, key: str, workload: Workload) -> None:
        self.table.put(key, workload, self.now)

    @rule(key=st.sampled_from(PODS))
    def pod_goes(self, key: str) -> None:
        self.table.drop(key)

    @rule(key=st.sampled_from(PODS), node=st.sampled_from(NAMES), load=LOADS)
    def pod_is_held(self, key: str, node: str, load: Load) -> None:
        self.table.hold(key, node, load, self.now)

    @rule(
        node=st.sampled_from(NAMES),
        key=st.sampled_from(["", *PODS]),
        quantity=QUANTITIES,
        value=VALUES,
        age=st.sampled_from([0.0, 5.0, 100.0, 1000.0, -5.0, -1000.0, math.nan]),
    )
    def measured(self, node: str, key: str, quantity: str, value: float, age: float) -> None:
        self.table.sample(Sample(node, key, quantity, value, age), self.now)  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([1.0, 3.0, 60.0, 300.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.table.age(self.now)

    def plain(self) -> dict[str, Node]:
        return {name: Node(c, tuple(self.table._loads_on(name))) for name, c in sorted(self.nodes.items())}

    @invariant()
    def agrees(self) -> None:
        plain = self.plain()
        shown = self.table.shown()
        assert list(shown) == list(plain)
        for name, node in plain.items():
            assert math.isclose(shown[name].load, load(node), rel_tol=1e-6, abs_tol=1e-6)
        assert math.isclose(self.table.imbalance(), imbalance(list(plain.values())), rel_tol=1e-5, abs_tol=1e-5)
        assert np.isfinite(self.table._columns.felt).all()

    @rule(added=LOADS, names=st.lists(st.sampled_from([*NAMES, "unheard-of"]), unique=True))
    def ranked(self, added: Load, names: list[str]) -> None:
        found = self.table.rank(added, names, self.now)
        plain = self.plain()
        cluster = Cluster(mean(list(plain.values())), total(list(plain.values())))
        known = [name for name in names if name in plain]
        assert [names[i] for i in found.known] == known
        scale = max(unit(added, cluster), 1e-12)
        for name, one, full in zip(known, found.changes, found.full, strict=True):
            node = plain[name]
            wanted = change(added, use(node), node.capacity, cluster)
            assert abs(one - wanted) <= 1e-4 * scale + 1e-9
            after = Node(node.capacity, (*node.loads, added))
            margin = [abs(share - 0.9) for share in filled(after)]
            if min(margin, default=1.0) > 1e-6:
                assert full == over_ceiling(after)
        noise = NOISE * unit(added, found.cluster)
        assert found.scores.tolist() == _scores(names, known, found.changes.tolist(), found.full.tolist(), noise)


def _scores(names: list[str], known: list[str], changes: list[float], full: list[bool], noise: float) -> list[int]:
    """By the plain function; a node that is not known is as the mean of the others."""
    if not known:
        return [BEST] * len(names)
    middle = float(np.mean(changes))
    by_name: Mapping[str, tuple[float, bool]] = dict(zip(known, zip(changes, full, strict=True), strict=True))
    found = [by_name.get(name, (middle, False)) for name in names]
    return scores([one for one, _ in found], [closed for _, closed in found], noise)


Agreement.TestCase.settings = settings(stateful_step_count=20, deadline=None)
TestAgreement = Agreement.TestCase

FOUR = Amounts(4, 16 * GIB)


def table(*names: str) -> Table:
    made = Table()
    for name in names:
        made.put_node(name, FOUR)
    return made


def scored(made: Table, added: Load, *names: str, now: float = 0.0) -> dict[str, int]:
    return dict(zip(names, made.rank(added, list(names), now).scores.tolist(), strict=True))


SMALL = Load(Amounts(1, GIB))


def test_a_hundred_that_come_together_go_to_the_nodes_in_turn() -> None:
    names = [f"n{number}" for number in range(10)]
    made, went = table(*names), dict.fromkeys(names, 0)
    tiny = Load(Amounts(0.25, GIB / 4))
    for number in range(100):
        first = made.rank(tiny, names, now=0.0).first
        assert first is not None
        chosen = names[first]
        made.hold(f"shop/{number}", chosen, tiny, now=0.0)
        went[chosen] += 1
    assert set(went.values()) == {10}


def test_what_is_held_counts_until_it_is_bound_or_two_seconds_are_over() -> None:
    made = table("a", "b")
    made.hold("shop/x", "a", SMALL, now=0.0)
    assert scored(made, SMALL, "a", "b")["b"] == BEST
    assert scored(made, SMALL, "a", "b", now=HELD) == {"a": BEST, "b": BEST - 1}
    made.hold("shop/x", "a", SMALL, now=10.0)
    made.put("shop/x", Workload("b", requested=SMALL.demand), now=10.5)
    assert scored(made, SMALL, "a", "b", now=10.5)["a"] == BEST
    made.hold("shop/x", "a", SMALL, now=10.6)
    assert scored(made, SMALL, "a", "b", now=10.6)["a"] == BEST, "it is bound already"


def test_what_is_measured_is_believed_and_when_it_grows_old_what_was_promised() -> None:
    made = table("a")
    machine = Workload("a", requested=Amounts(0.2, GIB), promised=Amounts(2, 2 * GIB), shape="small")
    made.put("shop/m", machine, now=0.0)
    assert made.taken("shop/m").grounds[:2] == ("Usual", "Promised")  # type: ignore[union-attr]
    assert made.taken("shop/m").load.demand[:2] == (2 * USUAL, 2 * GIB)  # type: ignore[union-attr]
    made.sample(Sample("a", "shop/m", "cpu", 1.5, age=10.0), now=20.0)
    assert made.taken("shop/m").grounds.cpu == "Measured"  # type: ignore[union-attr]
    assert made.taken("shop/m").load.demand.cpu == 1.5  # type: ignore[union-attr]
    made.age(now=20.0 + STALE)
    assert made.taken("shop/m").grounds.cpu == "Usual"  # type: ignore[union-attr]


def test_a_machine_that_is_new_is_taken_to_be_like_others_of_its_shape() -> None:
    made = table("a")
    for key, shape, cpu in (("shop/1", "small", 1.0), ("shop/2", "small", 0.0), ("shop/3", "large", 2.0)):
        made.put(key, Workload("a", promised=Amounts(2, GIB), shape=shape), now=0.0)
        made.sample(Sample("a", key, "cpu", cpu, age=0.0), now=1.0)
    assert made.usual("small") == 0.25
    assert made.usual("large") == 1.0
    assert made.usual("another") == 0.5
    made.drop("shop/3")
    assert made.usual("large") == 0.25


def test_a_machine_that_takes_more_than_its_cores_teaches_that_all_are_used() -> None:
    made = table("a")
    made.put("shop/m", Workload("a", promised=Amounts(1, GIB)), now=0.0)
    made.sample(Sample("a", "shop/m", "cpu", 20.0, age=0.0), now=1.0)
    assert made.taken("shop/m").load.demand.cpu == 20.0  # type: ignore[union-attr]
    assert made.usual("") == 1.0


def test_what_a_node_takes_beside_its_pods_is_what_is_left_of_its_total() -> None:
    made = table("a")
    made.put("shop/p", Workload("a", requested=Amounts(cpu=1)), now=0.0)
    made.sample(Sample("a", "", "cpu", 1.5, age=0.0), now=1.0)
    assert made.shown()["a"].demand.cpu == 1.5
    made.put("shop/q", Workload("a", requested=Amounts(cpu=1)), now=2.0)
    made.age(now=3.0)
    assert made.shown()["a"].demand.cpu == 2.0, "pods that are new are no part of a total that is older"


def test_what_can_not_be_is_dropped_and_counted() -> None:
    made = table("a")
    made.put("shop/p", Workload("a"), now=0.0)
    said = [
        ("NotANumber", math.nan, 0.0),
        ("Negative", -1.0, 0.0),
        ("Beyond", 1000.0, 0.0),
        ("NotANumber", math.inf, 0.0),
    ]
    said += [("Late", 1.0, STALE + 1), ("Future", 1.0, -100.0)]
    for _, value, age in said:
        made.sample(Sample("a", "shop/p", "cpu", value, age), now=1000.0)
    made.sample(Sample("gone", "shop/p", "cpu", 1.0, 0.0), now=1000.0)
    made.sample(Sample("a", "shop/gone", "cpu", 1.0, 0.0), now=1000.0)
    made.sample(Sample("a", "shop/p", "cpu", 1.0, 0.0), now=1000.0)
    made.sample(Sample("a", "shop/p", "cpu", 2.0, 5.0), now=1000.0)
    made.sample(Sample("a", "shop/p", "cpu", 1.0, 7.0), now=1007.0)  # the newest once more, which is no fault
    assert made.doubts == {"NotANumber": 2, "Negative": 1, "Beyond": 1, "Late": 2, "Future": 1, "Unknown": 2}
    assert made.shown()["a"].demand.cpu == 1.0


def test_a_node_that_is_not_known_is_neither_first_nor_last() -> None:
    made = table("a", "b", "c")
    made.put("shop/p", Workload("a", requested=Amounts(cpu=3)), now=0.0)
    made.put("shop/q", Workload("b", requested=Amounts(cpu=2)), now=0.0)
    found = scored(made, SMALL, "a", "b", "unheard-of", "c")
    assert found["c"] > found["unheard-of"] > found["a"]
    assert set(scored(Table(), SMALL, "a", "b").values()) == {BEST}


def test_a_full_node_comes_last() -> None:
    made = table("a", "b")
    made.put("shop/p", Workload("a", requested=Amounts(memory=15.5 * GIB)), now=0.0)
    made.put("shop/q", Workload("b", requested=Amounts(cpu=3, memory=14 * GIB)), now=0.0)
    assert scored(made, Load(Amounts(0.1, GIB / 8)), "a", "b") == {"a": 0, "b": BEST}


@given(st.lists(st.floats(0, 4), min_size=2, max_size=8))
def test_an_idle_cluster_of_equals_is_equal(values: list[float]) -> None:
    names = [f"n{i}" for i, _ in enumerate(values)]
    assert sorted(scored(table(*names), SMALL, *names).values()) == [*[BEST - 1] * (len(names) - 1), BEST]
