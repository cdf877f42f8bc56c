"""ContainerWorkload: CEL rules that see more than one field."""

from itertools import product
from typing import Final

from vireo.api.schema import Rule

NAME: Final = Rule(
    "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "the Service and the pods have the workload's name: small letters, digits and hyphens, with a letter first",
    path="metadata.name",
)
NOT_AFTER_ITSELF: Final = Rule(
    "!has(self.spec.startup) || !has(self.spec.startup.after) || "
    "!self.spec.startup.after.exists(one, one.kind == 'ContainerWorkload' && one.name == self.metadata.name)",
    "a workload does not start after itself: take it out",
    path="spec.startup.after",
)
JOB_IS_FIXED: Final = Rule(
    "self.spec.workload != 'Job' || self.spec == oldSelf.spec",
    "a Job does not change once it is made: delete it, and make it anew",
    path="spec",
)
JOB_HAS_ONE_POD: Final = Rule(
    "self.spec.workload != 'Job' || self.spec.replicas == 1",
    "a Job is one pod that runs to its end: leave replicas out",
    path="spec.replicas",
)
JOB_HAS_NO_PORTS: Final = Rule(
    "self.spec.workload != 'Job' || !has(self.spec.ports)",
    "nobody is sent to a Job: leave ports out, or make it a Service",
    path="spec.ports",
)
JOB_HAS_NO_PROBES: Final = Rule(
    "self.spec.workload != 'Job' || !has(self.spec.probes)",
    "a Job runs to its end: leave probes out, or make it a Service",
    path="spec.probes",
)


def _is_known(probe: str, way: str) -> str:
    """Whether the port that a probe asks is one of the workload's."""
    asks = f"has(self.spec.probes.{probe}) && has(self.spec.probes.{probe}.{way})"
    known = f"has(self.spec.ports) && self.spec.ports.exists(one, one.name == self.spec.probes.{probe}.{way}.port)"
    return f"(!({asks}) || {known})"


PROBED_PORTS: Final = Rule(
    "!has(self.spec.probes) || "
    + " && ".join(_is_known(*one) for one in product(("ready", "live", "started"), ("httpGet", "tcpSocket"))),
    "a probe asks a port of the workload: name one that is in spec.ports",
    path="spec.probes",
)

RULES: Final = (
    NAME,
    NOT_AFTER_ITSELF,
    JOB_IS_FIXED,
    JOB_HAS_ONE_POD,
    JOB_HAS_NO_PORTS,
    JOB_HAS_NO_PROBES,
    PROBED_PORTS,
)
"""They stand at the whole object, of which `path` names the field at fault."""
