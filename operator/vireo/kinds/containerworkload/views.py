"""What is read of Kubernetes' own controllers. (Their pods: vireo.kinds.pods.)"""

import msgspec

from vireo.kinds.pods import LiveCondition, PodSpec


class TemplateMeta(msgspec.Struct, frozen=True):
    """The metadata that its pods get."""

    annotations: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True):
    """spec.template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class ControllerSpec(msgspec.Struct, frozen=True):
    """What a controller is to have."""

    replicas: int = 1
    template: Template = Template()


class ControllerStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What it says it has. `active` and `failed` are a Job's."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    active: int = 0
    failed: int = 0
    conditions: tuple[LiveCondition, ...] = ()


class ControllerView(msgspec.Struct, frozen=True):
    """A Deployment, a StatefulSet or a Job."""

    spec: ControllerSpec = ControllerSpec()
    status: ControllerStatus = ControllerStatus()


class ReplicaSetView(msgspec.Struct, frozen=True):
    """A ReplicaSet: that it exists, and may make pods."""


class ServiceView(msgspec.Struct, frozen=True):
    """A Service: that it exists."""
