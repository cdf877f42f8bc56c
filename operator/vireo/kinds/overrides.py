"""Overrides: what a user merges into the template of the pod, or of the guest, that Vireo makes of a spec.

What Vireo itself answers for is refused: storage, networks, and where it runs. Who may use them is a policy of the API server's
(charts/vireo/templates/overrides.yaml).
"""

from typing import Annotated, Any, Final

from pydantic import Field

from vireo.api.merging import merged
from vireo.api.names import GROUP
from vireo.api.objects import Manifest
from vireo.api.schema import Model, OpenModel, Refused, Rule

MULTUS: Final = ("k8s.v1.cni.cncf.io/", "v1.multus-cni.io/")
"""How the annotations begin by which Multus attaches a pod."""
OURS: Final = f"{GROUP}/"

LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]


def _no_key_begins(*beginnings: str) -> str:
    return " && ".join(f"!key.startsWith('{one}')" for one in beginnings)


class OverriddenMetadata(Model):
    """The template's labels and annotations."""

    labels: Annotated[
        dict[str, LabelValue],
        Field(description="Further labels.", max_length=32),
        Rule(
            f"self.all(key, {_no_key_begins(OURS)})",
            f"labels of {OURS} are Vireo's own: take them out",
        ),
    ] = Field(default_factory=dict)
    annotations: Annotated[
        dict[str, Annotated[str, Field(max_length=4096)]],
        Field(description="Further annotations.", max_length=32),
        Rule(
            f"self.all(key, {_no_key_begins(OURS, *MULTUS)})",
            f"annotations of {OURS} are Vireo's own, and those of Multus are made from spec.networks: take them out",
        ),
    ] = Field(default_factory=dict)


PLACED: Final = "where it runs is decided by Vireo and the scheduler: take it out"
NOT_PLACED: Final = "Refused: Vireo and the scheduler decide where it runs."
NETWORKED: Final = "networks come from spec.networks alone: take it out"

Stored = Annotated[
    Any,
    Field(description="Refused: see spec.disks."),
    Refused("array", "storage comes from spec.disks alone: take it out"),
]
Networked = Annotated[Any, Field(description="Refused: see spec.networks."), Refused("array", NETWORKED)]


class Overridden(OpenModel):
    """The template's spec, as far as it is refused for a pod and for a guest."""

    volumes: Stored = None
    scheduler_name: Annotated[Any, Field(description=NOT_PLACED), Refused("string", PLACED)] = None
    node_selector: Annotated[Any, Field(description=NOT_PLACED), Refused("object", PLACED)] = None
    affinity: Annotated[Any, Field(description=NOT_PLACED), Refused("object", PLACED)] = None
    tolerations: Annotated[Any, Field(description=NOT_PLACED), Refused("array", PLACED)] = None
    topology_spread_constraints: Annotated[Any, Field(description=NOT_PLACED), Refused("array", PLACED)] = None


class Overrides(Model):
    """What is merged into a template."""

    metadata: Annotated[OverriddenMetadata | None, Field(description="The template's labels and annotations.")] = None


def overridden(template: Manifest, overrides: Overrides | None) -> Manifest:
    """The template with what the user merges into it."""
    return merged(template, overrides.wire()) if overrides else template
