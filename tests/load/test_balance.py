"""The load-balance model: what holds of it whatever the cluster."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from vireo.formulas.balance import (
    BEST,
    NOISE,
    Amounts,
    Cluster,
    Load,
    Node,
    change,
    demand,
    felt,
    filled,
    headroom,
    imbalance,
    in_use,
    load,
    mean,
    over_ceiling,
    performance,
    scores,
    share,
    total,
    unit,
    use,
)

GIB = 2.0**30
CAPACITIES = st.builds(
    Amounts,
    cpu=st.sampled_from([1.0, 4.0, 32.0, 96.0]),
    memory=st.sampled_from([1 * GIB, 64 * GIB, 512 * GIB]),
    disk=st.sampled_from([0.0, 2e8, 3e9]),
    network=st.sampled_from([0.0, 1.25e8, 1.25e9]),
)
DEMANDS = st.builds(
    Amounts,
    cpu=st.floats(0, 16),
    memory=st.floats(0, 64 * GIB),
    disk=st.floats(0, 1e8),
    network=st.floats(0, 1e8),
)
LOADS = st.builds(Load, DEMANDS, st.floats(0.05, 1.0))
NODES = st.builds(Node, CAPACITIES, st.lists(LOADS, max_size=4).map(tuple))
CLUSTERS = st.lists(NODES, min_size=1, max_size=6)
ONE = Amounts(8, 32 * GIB)


def near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


@given(DEMANDS, st.integers(0, 9))
def test_demand_is_so_many_times_the_size(size: Amounts, count: int) -> None:
    assert demand(count, size) == Amounts(*(count * one for one in size))


@given(st.floats(0, 2), st.floats(0.01, 10))
def test_who_is_starved_or_sensitive_counts_for_more(efficiency: float, sensitivity: float) -> None:
    found = performance(efficiency, sensitivity)
    assert 0.1 / sensitivity <= found <= 1 / sensitivity
    assert performance(efficiency / 2, sensitivity) <= found
    assert performance(efficiency, sensitivity * 2) < found


@given(NODES)
def test_load_is_the_sum_of_weighted_shares_over_the_index(node: Node) -> None:
    weights = Amounts(0.4, 0.4, 0.1, 0.1)
    shares = [sum(share(one.demand, node.capacity, weights)) / one.performance for one in node.loads]
    assert near(load(node, weights), sum(shares))
    assert near(load(node, weights), sum(w * u for w, u in zip(weights, use(node), strict=True)))


@given(CLUSTERS, st.randoms())
def test_the_order_of_nodes_and_workloads_does_not_matter(nodes: list[Node], random: object) -> None:
    shuffled = [Node(one.capacity, tuple(reversed(one.loads))) for one in nodes]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert near(imbalance(nodes), imbalance(shuffled))


@given(CLUSTERS, st.floats(0.001, 1000))
def test_the_unit_of_a_resource_does_not_matter(nodes: list[Node], scale: float) -> None:
    """Cores or thousandths of them: shares are shares."""

    def scaled(one: Amounts) -> Amounts:
        return one._replace(cpu=one.cpu * scale)

    other = [
        Node(scaled(one.capacity), tuple(Load(scaled(each.demand), each.performance) for each in one.loads))
        for one in nodes
    ]
    assert near(imbalance(nodes), imbalance(other))


def test_nothing_is_even() -> None:
    assert imbalance([]) == 0
    assert mean([]) == Amounts()
    assert imbalance([Node(Amounts())]) == 0


@given(NODES)
def test_one_node_alone_is_even(node: Node) -> None:
    assert near(imbalance([node]), 0)


@given(CAPACITIES, st.lists(LOADS, max_size=3).map(tuple), st.lists(st.sampled_from([1, 2, 5]), min_size=1, max_size=5))
def test_nodes_of_any_size_with_the_same_use_are_even(
    capacity: Amounts, loads: tuple[Load, ...], sizes: list[int]
) -> None:
    def grown(size: int) -> Node:
        more = tuple(Load(demand(size, one.demand), one.performance) for one in loads)
        return Node(demand(size, capacity), more)

    assert near(imbalance([grown(size) for size in sizes]), 0)


@given(CLUSTERS, LOADS, st.data())
def test_the_closed_form_is_the_difference(nodes: list[Node], added: Load, data: st.DataObject) -> None:
    assume(all(c or not d for one in nodes for c, d in zip(one.capacity, added.demand, strict=True)))
    chosen = data.draw(st.integers(0, len(nodes) - 1))
    node = nodes[chosen]
    after = [*nodes[:chosen], Node(node.capacity, (*node.loads, added)), *nodes[chosen + 1 :]]
    found = change(added, use(node), node.capacity, Cluster(mean(nodes), total(nodes)))
    assert math.isclose(found, imbalance(after) ** 2 - imbalance(nodes) ** 2, rel_tol=1e-6, abs_tol=1e-7)


@given(LOADS, CAPACITIES, CAPACITIES)
def test_the_emptier_of_two_like_nodes_is_better(added: Load, capacity: Amounts, other: Amounts) -> None:
    assume(all(capacity) and added.demand.cpu > 0.01)
    busy = Node(capacity, (Load(Amounts(cpu=capacity.cpu / 2)),))
    nodes = [Node(capacity), busy, Node(other)]
    cluster = Cluster(mean(nodes), total(nodes))
    assert change(added, use(nodes[0]), capacity, cluster) < change(added, use(busy), capacity, cluster)


@given(CLUSTERS, LOADS)
def test_a_change_over_its_unit_is_a_difference_of_use(nodes: list[Node], added: Load) -> None:
    """Of two nodes of one size by whose use all resources differ by a tenth, it is a tenth."""
    assume(all(nodes[0].capacity) and max(added.demand) > 0)
    cluster = Cluster(mean(nodes), total(nodes))
    assume(unit(added, cluster) > 1e-12)
    lower, higher = Amounts(0.2, 0.2, 0.2, 0.2), Amounts(0.3, 0.3, 0.3, 0.3)
    difference = change(added, higher, nodes[0].capacity, cluster) - change(added, lower, nodes[0].capacity, cluster)
    assert math.isclose(difference / unit(added, cluster), 0.1, rel_tol=1e-6)


def test_a_resource_that_is_full_is_over_the_ceiling_whatever_the_sum() -> None:
    assert over_ceiling(Node(ONE, (Load(Amounts(cpu=7.5)),)))
    assert not over_ceiling(Node(ONE, (Load(Amounts(cpu=7, memory=28 * GIB)),)))
    assert not over_ceiling(Node(ONE, (Load(Amounts(disk=1e12)),))), (
        "of a disk of which nothing is known nothing is full"
    )


@given(NODES)
def test_how_full_a_node_is_knows_no_index(node: Node) -> None:
    calm = Node(node.capacity, tuple(Load(one.demand) for one in node.loads))
    assert filled(node) == filled(calm)
    assert all(near(one, other) for one, other in zip(felt(calm), demand(1, felt(calm)), strict=True))


CHANGES = st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=20)


@given(CHANGES)
def test_scores_are_stretched_and_only_the_best_has_the_highest(found: list[tuple[float, bool]]) -> None:
    changes, full = [one for one, _ in found], [closed for _, closed in found]
    given_ = scores(changes, full, NOISE)
    open_ = [i for i, closed in enumerate(full) if not closed] or list(range(len(full)))
    assert all(0 <= one <= BEST for one in given_)
    best = min(open_, key=lambda i: changes[i])
    assert given_[best] == BEST
    spread = max(changes[i] for i in open_) - changes[best]
    for i in open_:
        if i != best:
            assert given_[i] == BEST - 1 if spread <= NOISE else given_[i] < BEST
    for i, one in enumerate(given_):
        if i not in open_:
            assert one == 0 < min(given_[k] for k in open_)


@given(CHANGES, st.data())
def test_better_is_never_scored_lower(found: list[tuple[float, bool]], data: st.DataObject) -> None:
    changes, full = [one for one, _ in found], [closed for _, closed in found]
    given_ = scores(changes, full, NOISE)
    one, other = (data.draw(st.integers(0, len(found) - 1)) for _ in range(2))
    if changes[one] < changes[other] and full[one] == full[other]:
        assert given_[one] >= given_[other]


@given(st.lists(DEMANDS, max_size=5), CAPACITIES)
def test_nodes_worth_is_at_least_what_any_resource_needs(demands: list[Amounts], whole: Amounts) -> None:
    found = in_use(demands, whole)
    for r, one in enumerate(whole):
        if one:
            assert found >= sum(each[r] for each in demands) / one - 1e-9


def test_nodes_worth_in_use() -> None:
    assert in_use([Amounts(4, 4 * GIB), Amounts(1, 16 * GIB)], ONE) == 0.5 + 0.5
    assert in_use([], ONE) == 0


def test_headroom_is_whole_machines_on_each_node_and_says_what_ends_first() -> None:
    asked = Amounts(2, 4 * GIB)
    found = headroom([Amounts(5, 64 * GIB), Amounts(1.9, 64 * GIB), Amounts(4, 7 * GIB)], asked)
    assert (found.fit, found.bound_by) == (3, "cpu")
    assert headroom([Amounts(64, 4 * GIB)], asked).bound_by == "memory"
    assert headroom([], asked).fit == 0
    assert headroom([Amounts(-1, GIB)], asked).fit == 0
    assert headroom([ONE], Amounts()).fit == 0
