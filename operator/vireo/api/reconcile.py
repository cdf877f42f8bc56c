"""The five values of a reconcile: Observed, Desired, Step, Outcome and the status that is chosen from them. All frozen.

observe ─► Observed ─► desired ─► Desired ─► plan ─► (Step, ...) ─► apply ─► (Outcome, ...) ─► status
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from vireo.api.conditions import Finding
from vireo.api.learning import Learned, nothing_learned
from vireo.api.objects import Child, Live, Meta
from vireo.api.reasons import Reason
from vireo.api.resources import Key, Resource
from vireo.api.schema import Model


class Remembering(Model):
    """The status of a kind whose children are applied again and again: a restarted operator knows its work by it, and asks nobody."""

    applied: Annotated[
        str | None,
        Field(
            description="A hash of what Vireo last wrote below this object and of what became of it. As long as both are so, there is "
            "nothing to write.",
            max_length=63,
        ),
    ] = None


Spec = TypeVar("Spec", bound=Model)
Status = TypeVar("Status", bound=Model)
Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Observed(Generic[Spec, Status]):
    """All that one reconcile may know."""

    key: Key
    meta: Meta
    spec: Spec
    status: Status
    now: datetime
    children: tuple[Live[Any], ...] = ()
    """What is ours below this object: by controller reference, or by the labels of a disk."""
    uses: Mapping[Key, Live[Any] | None] = field(default_factory=dict)
    """What the spec names (Kind.uses): each as it is, or None where it does not exist."""
    around: Mapping[Resource, tuple[Live[Any], ...]] = field(default_factory=dict)
    """Every object of the resources that the kind looks around at (Kind.around), sorted by name."""
    users: tuple[Live[Any], ...] = ()
    """Vireo's objects whose spec names this one, sorted by key."""
    warnings: Mapping[Key, str] = field(default_factory=dict)
    """The newest Warning event of each object that the kind is puzzled by (Kind.puzzles), as `Reason: note`."""
    learned: Learned = nothing_learned
    """How long things took before. It wakes nobody when it changes."""
    scheduler: str = ""
    """The scheduler that new pods are to name; empty: the cluster's default one."""
    facts: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out of all this already: `once` keeps it."""

    @property
    def deleting(self) -> bool:
        return self.meta.deletion_timestamp is not None

    def child(self, resource: Resource, name: str = "") -> Live[Any] | None:
        """The child of that type (and name)."""
        return next(iter(self.all(resource, name)), None)

    def all(self, resource: Resource, name: str = "") -> tuple[Live[Any], ...]:
        """The children of that type (and name), sorted by name."""
        found = self._by_resource.get(resource, ())
        return tuple(one for one in found if one.meta.name == name) if name else found

    def live(self, key: Key) -> Live[Any] | None:
        """The child of that key, as it is."""
        return self._by_key.get(key)

    @cached_property
    def _by_resource(self) -> Mapping[Resource, tuple[Live[Any], ...]]:
        """A decision asks for the same few children dozens of times."""
        found: defaultdict[Resource, list[Live[Any]]] = defaultdict(list)
        for one in sorted(self.children, key=lambda one: one.meta.name):
            found[one.resource].append(one)
        return {resource: tuple(ones) for resource, ones in found.items()}

    @cached_property
    def _by_key(self) -> Mapping[Key, Live[Any]]:
        return {one.key: one for one in self.children}


def once(fact: Callable[[Observed[Spec, Status]], Fact]) -> Callable[[Observed[Spec, Status]], Fact]:
    """A function that is worked out once for each Observed: decisions ask for the same few facts dozens of times."""

    @wraps(fact)
    def known(observed: Observed[Spec, Status]) -> Fact:
        if fact not in observed.facts:
            observed.facts[fact] = fact(observed)
        found: Fact = observed.facts[fact]
        return found

    return known


@dataclass(frozen=True)
class Call:
    """An act that is not a child: a PUT on a subresource (start, pause), or a merge patch of an object. Bound to what was seen."""

    name: str
    """The word for logs and metrics, such as Start."""
    target: Key
    subresource: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, hash=False)
    patch: bool = False
    """A merge patch of the object (body) instead of a PUT on the subresource."""
    uid: str = ""
    """The UID that the act is for: a patch carries it as precondition."""
    done_when: tuple[int, ...] = ()
    """HTTP codes beside 2xx that mean: it is so already."""


@dataclass(frozen=True)
class Desired:
    """What should be. `waiting` says why that is not yet all that the spec asks for; what stands beside it is done all the same."""

    children: tuple[Child, ...] = ()
    delete: tuple[Live[Any], ...] = ()
    """Children that must go. Nothing is pruned by absence: data is never deleted by a mistake in a spec."""
    calls: tuple[Call, ...] = ()
    finalizer: bool = False
    """Whether the object must hold Vireo's finalizer now."""
    wake_at: datetime | None = None
    waiting: Finding | None = None


@dataclass(frozen=True)
class Create:
    """POST; an object that is there already and not ours is left alone."""

    child: Child


@dataclass(frozen=True)
class Apply:
    """Server-side apply onto the live object, with its UID."""

    child: Child
    live: Live[Any]


@dataclass(frozen=True)
class Delete:
    """DELETE with the UID as precondition."""

    live: Live[Any]


@dataclass(frozen=True)
class SetFinalizer:
    """Vireo's finalizer put on or taken off the object itself."""

    present: bool


Step = Create | Apply | Delete | Call | SetFinalizer


@dataclass(frozen=True)
class Outcome:
    """What became of a step. `finding` says why it did not succeed; `retry` whether trying again can help by itself."""

    step: Step
    finding: Finding | None = None
    retry: bool = False
    changed: bool = True

    @property
    def ok(self) -> bool:
        return self.finding is None


def refusal(outcomes: tuple[Outcome, ...]) -> Outcome | None:
    """The first step that did not succeed."""
    return next((outcome for outcome in outcomes if not outcome.ok), None)


def written(desired: Desired, outcomes: tuple[Outcome, ...]) -> tuple[Child, ...]:
    """The children as they are now, or may be: where the API server gave no answer nobody knows."""
    refused = refusal(outcomes)
    sure_not = refused and refused.finding and refused.finding.reason is not Reason.API_ERROR
    return () if sure_not else desired.children
