"""What is read of pods, whoever reads it: a resource has one projection. And the words of scheduler and kubelet, made fit to be told."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vireo.api.objects import Live

SCHEDULER_ANSWERS: Final = timedelta(seconds=30)
"""How long a pod may wait for the first word of a scheduler: one that takes over from another needs half of it."""
DEFAULT_SCHEDULER: Final = "default-scheduler"
"""What the API server writes where none is named."""
IMAGE_TROUBLES: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
USUAL_WAITS: Final = frozenset({"ContainerCreating", "PodInitializing"})
WORDS_AT_MOST: Final = 1000

_RANDOM: Final = (
    (re.compile(r"(virt-launcher-[a-z0-9.-]+)-[a-z0-9]{5}(?![a-z0-9-])"), r"\1"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "(id)"),
    (re.compile(r"(?<!pvc-)(?<![0-9a-f])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"), "(uid)"),
    (re.compile(r"\.?( no new claims to deallocate,)? preemption: .*$"), "."),
    (re.compile(r'^Back-off pulling image ".*?": ErrImagePull: '), ""),
)
"""What differs from one try to the next, and says nothing: a message that told it would never settle."""


class LiveCondition(msgspec.Struct, frozen=True, rename="camel"):
    """status.conditions[] of pods, of Kubernetes' controllers, and of KubeVirt's objects."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_probe_time: datetime | None = None


def said(conditions: Iterable[LiveCondition], type_: str, status: str = "True") -> LiveCondition | None:
    """The condition of that type, if it has that status."""
    return next((one for one in conditions if one.type == type_ and one.status == status), None)


class ClaimSource(msgspec.Struct, frozen=True, rename="camel"):
    """A claim that a volume names."""

    claim_name: str


class Volume(msgspec.Struct, frozen=True, rename="camel"):
    """volumes[]."""

    name: str
    persistent_volume_claim: ClaimSource | None = None

    @property
    def claim(self) -> str:
        """The claim that it mounts, or nothing."""
        return self.persistent_volume_claim.claim_name if self.persistent_volume_claim else ""


class Waiting(msgspec.Struct, frozen=True):
    """Why a container does not run yet."""

    reason: str = ""
    message: str = ""


class Terminated(msgspec.Struct, frozen=True, rename="camel"):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""


class Runs(msgspec.Struct, frozen=True, rename="camel"):
    """Since when a container runs."""

    started_at: datetime | None = None


class ContainerState(msgspec.Struct, frozen=True):
    """status.containerStatuses[].state."""

    waiting: Waiting | None = None
    running: Runs | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, frozen=True, rename="camel"):
    """status.containerStatuses[]."""

    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()

    @property
    def waits(self) -> Waiting | None:
        """Why it does not run yet, where something is said of it."""
        waiting = self.state.waiting
        return waiting if waiting and waiting.reason else None


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Where the pod was placed, and what it mounts."""

    node_name: str = ""
    volumes: tuple[Volume, ...] = ()


class PodStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What the scheduler and the kubelet say of the pod."""

    phase: str = ""
    conditions: tuple[LiveCondition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class PodView(msgspec.Struct, frozen=True):
    """What is read of a pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def final(self) -> bool:
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def ready(self) -> bool:
        return said(self.status.conditions, "Ready") is not None

    @property
    def unseen(self) -> bool:
        """Whether no scheduler has looked at it: one that finds it a node names that, and one that finds none says so."""
        return not self.spec.node_name and all(one.type != "PodScheduled" for one in self.status.conditions)

    @property
    def disrupted(self) -> bool:
        """Whether it was taken from its node: evicted, preempted, or the node is going down."""
        return said(self.status.conditions, "DisruptionTarget") is not None

    @property
    def volumes(self) -> tuple[Volume, ...]:
        return self.spec.volumes

    @property
    def containers(self) -> Iterator[ContainerStatus]:
        """In the order that they start."""
        yield from self.status.init_container_statuses
        yield from self.status.container_statuses


def seen_by(pod: Live[PodView]) -> datetime | None:
    """When a scheduler should have looked at it; None where one has."""
    born = pod.meta.creation_timestamp
    return born + SCHEDULER_ANSWERS if born and pod.view.unseen and not pod.view.final else None


def silent(scheduler: str) -> str:
    """What to say of one that does not look."""
    name = scheduler or DEFAULT_SCHEDULER
    return f"Its scheduler, {name}, has not looked at it. See whether that runs, and holds its Lease: kubectl get leases -A"


def stable(words: str) -> str:
    """The words less what differs from one try to the next."""
    text = " ".join(words.split())
    for pattern, replacement in _RANDOM:
        text = pattern.sub(replacement, text)
    return text[:WORDS_AT_MOST]
