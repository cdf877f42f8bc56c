"""A sample: what was measured of a node or a workload, by whoever measures it."""

from typing import Final, Literal, NamedTuple

Quantity = Literal["cpu", "memory", "disk", "network", "efficiency"]
"""cpu in cores, memory in bytes, disk and network in bytes a second; efficiency: the share that a workload got of what it wanted."""
RESOURCES: Final[tuple[Quantity, ...]] = ("cpu", "memory", "disk", "network")
"""What a node has of: in this order everywhere."""


class Sample(NamedTuple):
    """One measurement. `workload` is the pod, NAMESPACE/NAME; "" for all that the node takes. `age` in seconds."""

    node: str
    workload: str
    quantity: Quantity
    value: float
    age: float
