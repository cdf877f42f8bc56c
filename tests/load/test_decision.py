"""The record of a placement computes again to what it says, and says in words why."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from load.test_balance import CAPACITIES, GIB, LOADS

from vireo.formulas.balance import BEST, Amounts, Load
from vireo.load.decision import Decision, again, why
from vireo.load.demand import Grounds, Taken, Workload
from vireo.load.record import KEPT, decision
from vireo.load.table import Table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOUR = Amounts(4, 16 * GIB)
SMALL = Load(Amounts(0.5, GIB))
GROUNDS = Grounds("Usual", "Promised")


def table(**cores: float) -> Table:
    """Nodes of four cores, each with that many in use."""
    made = Table()
    for name, used in cores.items():
        made.put_node(name, FOUR)
        made.put(f"shop/on-{name}", Workload(name, requested=Amounts(cpu=used)), now=0.0)
    return made


def decided(made: Table, *names: str, node: str, load: Load = SMALL) -> Decision:
    ranking = made.rank(load, names, now=0.0)
    return decision(ranking, names, Taken(load, GROUNDS), made.imbalance(), (node, NOON))


@given(st.lists(st.tuples(CAPACITIES, LOADS), min_size=1, max_size=20), LOADS, st.data())
def test_it_computes_again_from_its_text(nodes: list[tuple[Amounts, Load]], added: Load, data: st.DataObject) -> None:
    made, names = Table(), [f"n{number}" for number, _ in enumerate(nodes)]
    for name, (capacity, load) in zip(names, nodes, strict=True):
        made.put_node(name, capacity)
        made.hold(f"shop/on-{name}", name, load, now=0.0)
    found = decided(made, *names, node=data.draw(st.sampled_from(names)), load=added)
    read = msgspec.json.decode(msgspec.json.encode(found), type=Decision)
    assert read == found
    assert again(read)
    assert read.of(read.node) is not None
    assert len(read.candidates) <= KEPT + 2
    assert why(read)


def test_a_forged_record_does_not_compute() -> None:
    found = decided(table(a=3, b=1), "a", "b", node="b")
    best = found.candidates[0]
    forged = msgspec.structs.replace(
        found, candidates=(msgspec.structs.replace(best, change=best.change - 1), *found.candidates[1:])
    )
    assert again(found)
    assert not again(forged)


def test_it_is_small_whatever_the_cluster() -> None:
    made = table(**{f"node-{number}": number % 4 for number in range(500)})
    found = decided(made, *(f"node-{number}" for number in range(500)), node="node-321")
    assert len(msgspec.json.encode(found)) < 4096
    assert [one.node for one in found.candidates].count("node-321") == 1


def test_the_winner_is_told_with_the_imbalance_beside_the_next_best() -> None:
    said = why(decided(table(a=3, b=1, c=2), "a", "b", "c", node="b"))
    assert said == (
        "With it on b the imbalance of the nodes goes from 0.129 to 0.100 of a node; on the next best, c, to 0.136."
    )


def test_where_all_are_alike_the_load_had_no_say() -> None:
    assert why(decided(table(a=1, b=1), "a", "b", node="a")).startswith("The load of all nodes that had room was equal")


def test_a_node_that_others_rules_chose_is_told_so() -> None:
    found = decided(table(a=3, b=1, c=2), "a", "b", "c", node="a")
    assert why(found).startswith("By the load b was first and a had 0 of 10 points: the scheduler's other rules")


def test_full_ones_are_named() -> None:
    found = decided(table(a=3.9, b=1, c=2), "a", "b", "c", node="b")
    assert why(found).endswith("Over the ceiling, and so behind all others: a.")
    assert [one.score for one in found.candidates] == [BEST, 1, 0]


def test_a_node_that_was_not_known_is_said() -> None:
    found = decided(table(a=1, b=2), "a", "b", "new", node="new")
    assert found.unknown == ("new",)
    assert why(found) == "The load table did not know new, so the load had no say."


def test_the_only_node_needs_no_reason() -> None:
    assert why(decided(table(a=1), "a", node="a")).startswith("a was the only node")
