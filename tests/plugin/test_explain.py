"""The page that says why a machine is on its node."""

from datetime import UTC, datetime

import msgspec

from vireo.api.resources import VIRTUAL_MACHINE, Key
from vireo.formulas.balance import Amounts, Load
from vireo.load.demand import Grounds, Taken, Workload
from vireo.load.record import decision
from vireo.load.table import Table
from vireo.plugin.shown.placement import Explained, explained, page
from vireo.plugin.shown.style import Style

GI = 2.0**30
MACHINE = Key(VIRTUAL_MACHINE, "shop", "web-1")


def found(*asked: str, performance: float = 1.0) -> Explained:
    """Of three nodes of four cores with three, one and two of them in use, the second was chosen."""
    table = Table()
    for name, used in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        table.put_node(name, Amounts(4, 16 * GI))
        table.put(f"shop/on-{name}", Workload(name, requested=Amounts(cpu=used)), now=0.0)
    load = Load(Amounts(0.5, 2 * GI), performance)
    names = ["a", "b", "c", *asked]
    taken = Taken(load, Grounds("Usual", "Promised"))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return explained(
        MACHINE, "pod", decision(table.rank(load, names, 0.0), names, taken, table.imbalance(), ("b", noon))
    )


def test_it_says_who_won_why_and_from_which_figures() -> None:
    assert page(found(), Style()) == [
        "shop/web-1 was placed on b at 2026-01-01 12:00:00 UTC.",
        "With it on b the imbalance of the nodes goes from 0.129 to 0.105 of a node; on the next best, c, to 0.139.",
        "",
        "It was taken to use 0.5 cores (as machines of its kind use of their cores), 2Gi of memory (as it was promised).",
        "The scheduler asked about 3 nodes; the load's imbalance was 0.129 of a node.",
        "",
        "NODE   SCORE   IMBALANCE WITH IT   CPU IN USE      MEMORY IN USE",
        "b      10      0.1054              25.0% + 12.5%   0.0% + 12.5%    chosen",
        "c      4       0.1394              50.0% + 12.5%   0.0% + 12.5%",
        "a      0       0.1667              75.0% + 12.5%   0.0% + 12.5%",
        "",
        "Computed again from these figures, it comes to the same.",
    ]


def test_a_node_that_was_not_known_and_a_weight_are_said() -> None:
    lines = page(found("new", performance=0.5), Style())
    assert "weigh as 2 times that" in lines[3]
    assert "The load table did not know new: counted as the mean of the others." in lines


def test_a_record_that_does_not_compute_is_called_so() -> None:
    right = found()
    first, *others = right.decision.candidates
    wrong = msgspec.structs.replace(right.decision, candidates=(msgspec.structs.replace(first, change=1.0), *others))
    shown = explained(MACHINE, "pod", wrong)
    assert not shown.computes
    assert page(shown, Style())[-1] == "THE RECORD DOES NOT COMPUTE to what it says."
