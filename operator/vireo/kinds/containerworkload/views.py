"""What is read of Kubernetes' own controllers. (Their pods: vireo.kinds.pods.)"""

import msgspec

from vireo.api.objects import Meta
from vireo.kinds.pods import LiveCondition, PodSpec


class TemplateMeta(msgspec.Struct, frozen=True):
    """The metadata that its pods get."""

    annotations: dict[str, str] = {}


class TemplateSpec(PodSpec, frozen=True, rename="camel"):
    """What its pods are to be."""

    scheduler_name: str = ""


class Template(msgspec.Struct, frozen=True):
    """spec.template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: TemplateSpec = TemplateSpec()


class ControllerSpec(msgspec.Struct, frozen=True):
    """What a controller is to have."""

    replicas: int = 1
    template: Template = Template()


class ControllerStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What it says it has. `failed` is a Job's."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    failed: int = 0
    conditions: tuple[LiveCondition, ...] = ()


class ControllerView(msgspec.Struct, frozen=True):
    """A Deployment, a StatefulSet, a Job, or a ReplicaSet that a Deployment made."""

    spec: ControllerSpec = ControllerSpec()
    status: ControllerStatus = ControllerStatus()

    @property
    def has_none(self) -> bool:
        """Whether it neither has pods nor is to have any."""
        return self.spec.replicas == self.status.replicas == 0

    def heeded(self, meta: Meta) -> bool:
        """Whether Kubernetes has looked at its newest spec. Of a Job it says nothing: that never changes."""
        return self.status.observed_generation >= meta.generation


class ServiceView(msgspec.Struct, frozen=True):
    """A Service: that it exists."""
