"""What is expected of a machine's acts, phase by phase, from what was seen of the machines that are like it."""

from collections.abc import Mapping
from typing import Final

from vireo.api.learning import Estimate, Learned, Phase, Subject, Topic
from vireo.api.quantities import quantity
from vireo.formulas.estimates import Rate, move, together, usual
from vireo.kinds.virtualmachine.power import Instance
from vireo.kinds.virtualmachine.types import Until, VirtualMachineSpec

GIB: Final = 2**30
CLUSTER: Final = Subject("Cluster")

DEFAULTS: Final[Mapping[Phase, float]] = {"Schedule": 4.0, "Run": 2.0, "Boot": 20.0, "Stop": 15.0, "Overhead": 4.0}
"""Seconds, while nothing was seen: those of a small Linux, with its image on the node."""
DEFAULT_COPY: Final = Rate(1.0, 8.6)
"""A link of 1 Gbit/s."""


def subject(spec: VirtualMachineSpec | None) -> Subject:
    """The machines that boot alike: from one image, else with one preference, which stands for the guest's system.

    Of a stored spec that can not be read nothing is known.
    """
    if spec is None:
        return CLUSTER
    if spec.boot_disk.image:
        return Subject("Image", spec.boot_disk.image)
    preference = spec.hardware.preference
    return Subject("Preference", preference.name) if preference else CLUSTER


def vcpus(live: Instance | None) -> int:
    """0 where there is no instance."""
    if live is None:
        return 0
    return live.view.spec.domain.cpu.count


def gib(live: Instance | None) -> float:
    """The guest's memory; 0 where it is not known."""
    try:
        return float(quantity(live.view.spec.domain.memory.guest)) / GIB if live else 0.0
    except ValueError:
        return 0.0


def start(spec: VirtualMachineSpec | None, live: Instance | None, until: Until, learned: Learned) -> Estimate:
    """From the making of the instance until its guest runs, or its agent answers."""
    phases: tuple[Phase, ...] = ("Schedule", "Run", "Boot") if until == "Agent" else ("Schedule", "Run")
    return together([_usual(Topic(subject(spec), phase), vcpus(live), learned) for phase in phases])


def has_agent(spec: VirtualMachineSpec, learned: Learned) -> bool:
    """Whether a guest like this one was seen with an agent: then its start is over when the agent answers."""
    return bool(learned(Topic(subject(spec), "Boot")))


def stop(spec: VirtualMachineSpec | None, learned: Learned) -> Estimate:
    """From the order to shut down until the instance is gone."""
    return _usual(Topic(subject(spec), "Stop"), 0, learned)


def copy(live: Instance | None, learned: Learned) -> Estimate:
    """The copying of its memory to another node. How much of it the guest changes meanwhile is not measured, so it is in the speed."""
    return move(learned(Topic(CLUSTER, "Copy")), gib(live), DEFAULT_COPY)


def overhead(learned: Learned) -> Estimate:
    """What an operation that moves takes beside that."""
    return _usual(Topic(CLUSTER, "Overhead"), 0, learned)


def _usual(topic: Topic, size: float, learned: Learned) -> Estimate:
    return usual(learned(topic), size, DEFAULTS[topic.phase])
