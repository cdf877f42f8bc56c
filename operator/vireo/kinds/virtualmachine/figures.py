"""How long the machine's last start, stop and move took, beside what was expected of each when it was seen to begin.

The estimate is in the status before the act has ended, so the act is not among its own observations. What is counted is what
KubeVirt's own times say, in whole seconds; the end of a stop has none, so it is when it was seen.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from vireo.api.learning import (
    LONGEST_SECONDS,
    Act,
    Lasted,
    Learned,
    Observation,
    Phase,
    Sample,
    Subject,
    Topic,
    nothing_learned,
)
from vireo.kinds.pods import said
from vireo.kinds.virtualmachine.estimates import CLUSTER, copy, gib, has_agent, start, stop, subject, vcpus
from vireo.kinds.virtualmachine.power import Instance, Machine, Power, instance, outdated, power
from vireo.kinds.virtualmachine.types import LastMigration, LastStart, LastStop, Until, VirtualMachineStatus

LATEST_AGENT: Final = timedelta(minutes=30)
"""An agent that answers later was installed, or started by hand: that is no boot."""


def figures(machine: Machine) -> dict[str, Lasted | None]:
    """The fields of the status. A machine that is being deleted has no further acts."""
    if machine.deleting:
        return {}
    return {
        "last_start": _last_start(machine),
        "last_stop": _last_stop(machine),
        "last_migration": _last_migration(machine),
    }


def _last_start(machine: Machine) -> LastStart | None:
    live, record = instance(machine), machine.status.last_start
    if live is None:
        return record
    if record is None or record.uid != live.meta.uid:
        begins = power(machine) is Power.STARTING and not outdated(machine)
        until: Until = "Agent" if has_agent(machine.spec, machine.learned) else "Running"
        return _begun(machine, live, until, machine.learned) if begins else record
    if record.until == "Running" and _answered_at(live):
        # The first of its image that is seen with an agent: what was expected was another end.
        record = _begun(machine, live, "Agent", nothing_learned)
    if record.seconds is not None:
        return record
    up = _answered_at(live) if record.until == "Agent" else _reached(live, "Running")
    return record.model_copy(update={"seconds": _between(live.meta.creation_timestamp, up)})


def _begun(machine: Machine, live: Instance, until: Until, learned: Learned) -> LastStart:
    return LastStart(uid=live.meta.uid, until=until, **start(machine.spec, live, until, learned).said())


def _last_stop(machine: Machine) -> LastStop | None:
    live, record = instance(machine), machine.status.last_stop
    goes_on = record is not None and record.seconds is None
    if record and goes_on and (live is None or live.meta.uid != record.uid):
        return record.model_copy(update={"seconds": _between(record.start_time, machine.now)})
    if live is None or not (live.meta.deletion_timestamp or machine.spec.power_state == "Stopped"):
        return None if goes_on else record  # it was told so, and called back
    if live.view.status.phase != "Running" or (record and record.uid == live.meta.uid):
        return record
    return LastStop(uid=live.meta.uid, start_time=machine.now, **stop(machine.spec, machine.learned).said())


def _last_migration(machine: Machine) -> LastMigration | None:
    """One that failed has no seconds: it says nothing of how long a move takes."""
    live, record = instance(machine), machine.status.last_migration
    state = live.view.status.migration_state if live else None
    if live is None or state is None or state.start_timestamp is None:
        return record
    if record is None or record.uid != state.migration_uid:
        begins = LastMigration(uid=state.migration_uid, **copy(live, machine.learned).said())
        return record if state.end_timestamp else begins
    if record.seconds is not None or state.failed:
        return record
    return record.model_copy(update={"seconds": _between(state.start_timestamp, state.end_timestamp)})


def ended(before: VirtualMachineStatus, after: VirtualMachineStatus, machine: Machine) -> tuple[Act, ...]:
    """The acts whose seconds are new, with what is to be learned of each."""
    live, acts = instance(machine), []
    if live and after.last_start and _is_new(before.last_start, after.last_start):
        acts.append(Act("Start", after.last_start, tuple(_phases(machine, live, before.last_start, after.last_start))))
    if after.last_stop and _is_new(before.last_stop, after.last_stop):
        acts.append(
            Act("Stop", after.last_stop, (_observation(subject(machine.spec), "Stop", after.last_stop.seconds),))
        )
    if live and after.last_migration and _is_new(before.last_migration, after.last_migration):
        seen = _observation(CLUSTER, "Copy", after.last_migration.seconds, gib(live))
        acts.append(Act("Migration", after.last_migration, (seen,)))
    return tuple(acts)


def _is_new(before: Lasted | None, after: Lasted) -> bool:
    return after.seconds is not None and after != before


def _phases(machine: Machine, live: Instance, before: LastStart | None, after: LastStart) -> Iterator[Observation]:
    """Those of the start that were not seen before."""
    of, size = subject(machine.spec), vcpus(live)
    scheduled, runs = _reached(live, "Scheduled"), _reached(live, "Running")
    spans: dict[Phase, float | None] = {}
    if before is None or before.uid != after.uid or before.seconds is None:
        spans |= {"Schedule": _between(live.meta.creation_timestamp, scheduled), "Run": _between(scheduled, runs)}
    if after.until == "Agent":
        spans |= {"Boot": _between(runs, _answered_at(live))}
    for phase, seconds in spans.items():
        if seconds is not None:
            yield _observation(of, phase, seconds, size)


def _observation(of: Subject, phase: Phase, seconds: float | None, size: float = 0) -> Observation:
    return Observation(Topic(of, phase), Sample(seconds=seconds or 0.0, size=size))


def _answered_at(live: Instance) -> datetime | None:
    """When the guest's agent answered, if that was its boot."""
    found, runs = said(live.view.status.conditions, "AgentConnected"), _reached(live, "Running")
    answered = found.last_probe_time if found else None
    return answered if answered and runs and answered - runs <= LATEST_AGENT else None


def _reached(live: Instance, phase: str) -> datetime | None:
    """When the instance came into that phase first."""
    found = (one for one in live.view.status.phase_transition_timestamps if one.phase == phase)
    return next((one.phase_transition_timestamp for one in found), None)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    """Clocks of different nodes are compared, so an end may seem to be before its beginning."""
    if begin is None or end is None:
        return None
    return round(min(max((end - begin).total_seconds(), 0.0), LONGEST_SECONDS), 1)
