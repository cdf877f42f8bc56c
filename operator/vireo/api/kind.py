"""Kind: what the machinery must know of a kind. A kind's folder provides one; KINDS in vireo.kinds lists them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal

import msgspec

from vireo.api.conditions import Finding
from vireo.api.learning import Act
from vireo.api.objects import Live, Meta
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Observed, Outcome, Spec, Status
from vireo.api.resources import Key, Resource
from vireo.api.schema import Rule


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`. `wide` ones show with -o wide only."""

    name: str
    type: Literal["string", "integer", "date", "boolean"]
    json_path: str
    description: str
    wide: bool = False


@dataclass(frozen=True)
class Watch:
    """Objects that are read for this kind, and the projection that is kept of each.

    `owner` says whose child an object is, one of `parent`'s (None: it is no child, but may be named by a spec); other kinds may watch
    it too, and do not look for it below themselves. `selector` narrows by label: KEY or KEY=VALUE.
    With `by_name` that is so whoever controls the object: what holds data belongs to the name that it carries (rule 1).
    With `namesake` a child has the name of its owner: who reads it live asks for that one. With `label` a child carries its owner's
    name in that label, or as its own: who reads them live asks for these.
    """

    resource: Resource
    view: type[msgspec.Struct]
    parent: Resource | None = None
    owner: Callable[[Live[Any]], Key | None] | None = None
    selector: str = ""
    by_name: bool = False
    namesake: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        if (self.parent is None) != (self.owner is None):
            raise ValueError(f"a watch of {self.resource} that has one of parent and owner needs the other")

    def shows(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with those labels comes by this watch."""
        key, _, value = self.selector.partition("=")
        return not key or (labels.get(key) == value if value else key in labels)


def controlled(kind: Resource) -> Callable[[Live[Any]], Key | None]:
    """The owner of a Watch: the object of that kind of ours that controls what is watched."""

    def owner(live: Live[Any]) -> Key | None:
        found = live.meta.controller
        if found is None or (found.api_version, found.kind) != (kind.api_version, kind.kind):
            return None
        return Key(kind, live.meta.namespace if kind.namespaced else "", found.name)

    return owner


@dataclass(frozen=True)
class Admission(Generic[Spec, Status]):
    """What is said of a spec while it is being applied, by the check that would say it in the status a moment later.

    Only what the spec itself is at fault for: what comes by itself, or in another order in the same `kubectl apply`, is no news.
    """

    why_not: Callable[[Observed[Spec, Status]], Finding | None]
    looks_at: frozenset[Resource]
    """What is looked at of the objects that the spec uses and of the children. All else counts as absent: the reasons below do
    not depend on it."""
    warns: frozenset[Reason] = frozenset()
    refuses: Mapping[Reason, str] = field(default_factory=dict)
    """What no waiting makes true, with the field at fault: an update that brings it is refused, and the object stays as it was."""


@dataclass(frozen=True)
class Kind(Generic[Spec, Status]):
    """A kind of Vireo: names, types, what it reads, and its three pure functions."""

    resource: Resource
    singular: str
    short_names: tuple[str, ...]
    description: str
    spec: type[Spec]
    status: type[Status]
    columns: tuple[Column, ...]
    watches: tuple[Watch, ...]
    uses: Callable[[Meta, Spec, Status], frozenset[Key]]
    """The objects that this spec names, and those that the status says are still held. Watched ones are looked up, Secrets are
    asked for (their metadata only)."""
    desired: Callable[[Observed[Spec, Status]], Desired]
    status_of: Callable[[Observed[Spec, Status], Desired, tuple[Outcome, ...]], Status]
    lets_go: Callable[[Observed[Spec, Status]], bool] = lambda _: False
    """Whether something is given up that others may then take, since it is not seen any more. What is below is then read live first:
    a watch may be late."""
    puzzles: Callable[[Observed[Spec, Status]], tuple[Key, ...]] = lambda _: ()
    """The objects below whose Warning events are worth reading now, since their own status does not say why they wait."""
    ended: Callable[[Status, Status, Observed[Spec, Status]], tuple[Act, ...]] = lambda _before, _after, _: ()
    """The acts that a status says have ended, and the one before did not: asked once the status was written."""
    around: frozenset[Resource] = frozenset()
    """Watched resources of which an object of this kind sees every object, below it or not: what the nodes have, which namespaces
    there are. One that changes in what is read of it, or in its labels, wakes every object of this kind."""
    heeds_users: bool = True
    """Whether it matters to an object of this kind who names it. If not, what those do wakes nobody."""
    ready_when: str = ""
    """The documented condition for `kubectl wait`."""
    singleton: str = ""
    """The name of the one object that Vireo itself makes at start (Platform `default`)."""
    rules: tuple[Rule, ...] = ()
    """CEL rules that see the whole object, its status too; `path` names the field that they report."""
    admission: Admission[Spec, Status] | None = None
    scales: bool = False
    """Whether `kubectl scale` and autoscalers work: the spec has `replicas`, the status `replicas` and `selector`."""
    longest_name: int = 253
    """How many characters a name may have: 63 where it becomes the value of a label."""

    @property
    def name(self) -> str:
        return self.resource.kind
