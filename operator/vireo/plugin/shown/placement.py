"""Why a machine is on its node: the record of its placement, computed again, and as a page."""

import msgspec

from vireo.api.resources import Key
from vireo.formulas.balance import Amounts, parts
from vireo.load.decision import Candidate, Decision, again, why
from vireo.plugin.shown.style import Cell, Style
from vireo.plugin.shown.usage import cores, size

GROUNDS = {
    "Measured": "measured",
    "Usual": "as machines of its kind use of their cores",
    "Promised": "as it was promised",
    "Requested": "as its pod requests",
    "Unknown": "not known",
}


class Explained(msgspec.Struct, frozen=True, rename="camel"):
    """As JSON has it. `computes`: whether the record comes to the same when it is computed again."""

    machine: str
    pod: str
    node: str
    why: str
    computes: bool
    decision: Decision


def explained(machine: Key, pod: str, found: Decision) -> Explained:
    return Explained(f"{machine.namespace}/{machine.name}", pod, found.node, why(found), again(found), found)


def page(found: Explained, style: Style) -> list[str]:
    """Who won and why, what the machine was taken to use, and each node as it was then."""
    decision = found.decision
    lines = [
        f"{style.paint(found.machine, 'head')} was placed on {style.paint(found.node, 'good')} at {decision.at:%Y-%m-%d %H:%M:%S} UTC.",
        found.why,
        "",
        f"It was taken to use {_taken(decision)}.",
        f"The scheduler asked about {_count(decision.asked, 'node')}; the load's imbalance was {decision.imbalance:.3f} of a node.",
        "",
        *style.table(_head(decision), [_row(one, decision) for one in decision.candidates]),
    ]
    if decision.unknown:
        lines.append(f"The load table did not know {', '.join(decision.unknown)}: counted as the mean of the others.")
    if len(decision.candidates) < decision.asked - len(decision.unknown):
        lines.append("Of all nodes the best, the chosen and the worst are recorded.")
    said = (
        "Computed again from these figures, it comes to the same."
        if found.computes
        else "THE RECORD DOES NOT COMPUTE to what it says."
    )
    return [*lines, "", style.paint(said, "plain" if found.computes else "bad")]


def _taken(decision: Decision) -> str:
    demand, grounds = decision.demand, decision.grounds
    parts = [
        f"{cores(demand.cpu)} cores ({GROUNDS[grounds.cpu]})",
        f"{size(demand.memory)} of memory ({GROUNDS[grounds.memory]})",
    ]
    if demand.disk or demand.network:
        parts += [f"{size(demand.disk)}/s of disk", f"{size(demand.network)}/s of network"]
    weight = f", which weigh as {1 / decision.performance:.3g} times that" if decision.performance != 1 else ""
    return ", ".join(parts) + weight


def _head(decision: Decision) -> tuple[str, ...]:
    return ("NODE", "SCORE", "IMBALANCE WITH IT", *(f"{name.upper()} IN USE" for name in _shown(decision)), "")


def _shown(decision: Decision) -> list[str]:
    """The resources of which something is known."""
    return [name for name in Amounts._fields if getattr(decision.total, name)]


def _row(one: Candidate, decision: Decision) -> tuple[Cell | str, ...]:
    won = one.node == decision.node
    with_it = parts(decision.demand, one.capacity)
    uses = [
        f"{getattr(one.use, name):.1%} + {getattr(with_it, name) / decision.performance:.1%}"
        if getattr(one.capacity, name)
        else "-"
        for name in _shown(decision)
    ]
    remark = "chosen" if won else "over the ceiling" if one.full else ""
    return (Cell(one.node, "good" if won else "plain"), str(one.score), f"{decision.after(one):.4f}", *uses, remark)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
