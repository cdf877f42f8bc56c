"""A glance at an object: whether it is well, and why not. Of Vireo's own kinds by their conditions, of others by what they have: a phase, a
count of pods, a condition.

It is read by structs of its own, which take from a status only what is shown: a plugin that is older than the cluster still shows it.
"""

from datetime import datetime
from typing import Final

import msgspec

from vireo.api.conditions import COMPLETE, FAILED, READY, RECONCILING, STALLED
from vireo.api.names import GROUP
from vireo.api.objects import Meta
from vireo.api.resources import CALIBRATION, Key, Resource
from vireo.plugin.shown.style import Cell, Mood

AVAILABLE: Final = "Available"
DONE: Final = frozenset({"Succeeded", "Stopped", "Complete"})
"""Phases of what is over: that it is not ready is no trouble."""
GOOD: Final = frozenset({"Running", "Bound", "Ready", "Active", "Succeeded", "Complete", "Available", "Deployed"})
BAD: Final = frozenset({"Failed", "Lost", "Missing", "Error", "CrashLoopBackOff", "Unknown"})
UNSEEN: Final = "Unseen"
GOING: Final = frozenset({UNSEEN, RECONCILING})
"""What may become well by itself."""
LOOK_FOR_IT: Final = "kubectl get pods -A -l app.kubernetes.io/name=vireo"


class Said(msgspec.Struct, frozen=True, rename="camel"):
    """status.conditions[]."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class Trouble(msgspec.Struct, frozen=True):
    """status.error of a snapshot."""

    message: str = ""


class GlanceStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What is shown of a status."""

    observed_generation: int = 0
    phase: str = ""
    printable_status: str = ""
    ready_to_use: bool | None = None
    error: Trouble | None = None
    ready_replicas: int = 0
    replicas: int | None = None
    conditions: tuple[Said, ...] | None = None

    def said(self, type_: str) -> Said | None:
        return next((one for one in self.conditions or () if one.type == type_), None)

    def holds(self, type_: str) -> bool:
        found = self.said(type_)
        return found is not None and found.status == "True"


class Glance(msgspec.Struct, frozen=True):
    """An object."""

    metadata: Meta
    status: GlanceStatus = GlanceStatus()


class State(msgspec.Struct, frozen=True):
    """How an object is. `word` is for people, `well` whether nobody needs to look; a `reason` has its `message`."""

    word: str
    well: bool
    mood: Mood = "plain"
    reason: str = ""
    message: str = ""
    since: datetime | None = None

    @property
    def cell(self) -> Cell:
        return Cell(self.word, self.mood)


MISSING: Final = State("Missing", well=False, mood="bad")
HIDDEN: Final = State("Hidden", well=True, message="You may not look at it.")


def state(resource: Resource, glance: Glance) -> State:
    """How the object is, by what it says of itself. A Calibration says nothing: it is there."""
    if resource == CALIBRATION:
        return State("", well=True, since=glance.metadata.creation_timestamp)
    return _own(glance) if resource.group == GROUP else _other(glance)


def _own(glance: Glance) -> State:
    meta, status = glance.metadata, glance.status
    said = status.said(READY) or status.said(COMPLETE)
    if said is None or status.observed_generation < meta.generation:
        words = f"Vireo has not looked at its newest spec yet. If that lasts, see whether Vireo runs: {LOOK_FOR_IT}"
        return State(UNSEEN, well=False, mood="going", message=words, since=meta.creation_timestamp)
    word = said.type if said.status == "True" else _abnormal(status)
    return State(
        word=word,
        well=said.status == "True",
        mood="good" if said.status == "True" else "going" if word in GOING else "bad",
        reason=said.reason,
        message=said.message,
        since=said.last_transition_time,
    )


def _abnormal(status: GlanceStatus) -> str:
    """Failed is Stalled too, for tools that know only that."""
    return next((type_ for type_ in (FAILED, STALLED, RECONCILING) if status.holds(type_)), "NotReady")


def _other(glance: Glance) -> State:
    status, since = glance.status, glance.metadata.creation_timestamp
    if glance.metadata.deletion_timestamp:
        return State("Terminating", well=False, mood="going", since=glance.metadata.deletion_timestamp)
    if status.ready_to_use is not None or status.error:
        return _snapshot(status, since)
    if status.replicas is not None:
        return _pods(status, since)
    word = status.printable_status or status.phase or _condition(status)
    trouble = status.said(READY)
    if trouble is None or trouble.status == "True" or word in DONE:
        return State(word, well=word not in BAD, mood=_mood(word), since=since)
    mood: Mood = "bad" if word in BAD else "going"
    return State(word, well=False, mood=mood, reason=trouble.reason, message=trouble.message, since=since)


def _snapshot(status: GlanceStatus, since: datetime | None) -> State:
    if status.ready_to_use:
        return State("Ready", well=True, mood="good", since=since)
    words = status.error.message if status.error else ""
    return State("NotReady", well=False, mood="bad" if words else "going", message=words, since=since)


def _pods(status: GlanceStatus, since: datetime | None) -> State:
    """What keeps pods: how many are ready of those that there are."""
    well = status.ready_replicas == status.replicas
    word = f"{status.ready_replicas}/{status.replicas}"
    said = status.said(AVAILABLE)
    if well or said is None or said.status == "True":
        return State(word, well=well, mood="good" if well else "going", since=since)
    return State(word, well=False, mood="going", reason=said.reason, message=said.message, since=since)


def _condition(status: GlanceStatus) -> str:
    """The word of the condition that holds; nothing where an object only exists."""
    return next((type_ for type_ in (FAILED, COMPLETE, READY, AVAILABLE) if status.holds(type_)), "")


def _mood(word: str) -> Mood:
    if word in GOOD:
        return "good"
    return "bad" if word in BAD else "plain" if word in DONE or not word else "going"


class Seen(msgspec.Struct, frozen=True):
    """An object that was looked at, and how it is."""

    key: Key
    glance: Glance

    @property
    def state(self) -> State:
        return state(self.key.resource, self.glance)


def named(key: Key, namespace: str = "") -> str:
    """An object as it is called beside others of a namespace."""
    return str(Key(key.resource, "", key.name) if key.namespace == namespace else key)
