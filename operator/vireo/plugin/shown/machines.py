"""The table of `kubectl vireo top machines`: what is measured to be used, next to what was promised."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from vireo.api.objects import Live
from vireo.api.quantities import quantity
from vireo.kinds.virtualmachine.views import InstanceView
from vireo.plugin.shown.style import Style
from vireo.plugin.shown.usage import Usage, cores, cpu_cell, memory_cell, share_cell, size, total


class MachineTop(msgspec.Struct, frozen=True, rename="camel"):
    """A machine. `promised` is what its guest has."""

    namespace: str
    name: str
    used: Usage | None
    promised: Usage
    host: str


Instance = Live[InstanceView]
"""A machine that is, by its instance at KubeVirt."""


def machines(
    instances: Iterable[Instance], pods: Mapping[tuple[str, str], Sequence[str]], used: Mapping[str, Usage]
) -> tuple[MachineTop, ...]:
    """Those that use most cores first. `pods` are each machine's (while it moves it has two), by namespace and name of the machine;
    they and the keys of `used` are NAMESPACE/NAME."""
    tops = []
    for one in instances:
        space, name, host = one.meta.namespace, one.meta.name, one.view.status.node_name
        parts = [used[pod] for pod in pods.get((space, name), ()) if pod in used]
        if not one.view.final:
            tops.append(MachineTop(space, name, total(parts) if parts else None, _guest(one), host))
    return tuple(sorted(tops, key=lambda one: (-(one.used.cpu if one.used else -1.0), one.namespace, one.name)))


def _guest(one: Instance) -> Usage:
    """The guest's cores and memory."""
    domain = one.view.spec.domain
    return Usage(float(domain.cpu.count), float(quantity(domain.memory.guest)))


def page_of_machines(found: Iterable[MachineTop], style: Style, *, everywhere: bool) -> list[str]:
    """A line a machine."""
    rows = [
        (
            *((one.namespace,) if everywhere else ()),
            one.name,
            cpu_cell(one.used),
            share_cell(one.used, one.promised, "cpu"),
            cores(one.promised.cpu),
            memory_cell(one.used),
            share_cell(one.used, one.promised, "memory"),
            size(one.promised.memory),
            one.host or "-",
        )
        for one in found
    ]
    head = (*(("NAMESPACE",) if everywhere else ()), "MACHINE", "CPU", "CPU%", "OF", "MEMORY", "MEMORY%", "OF", "HOST")
    return style.table(head, rows)
