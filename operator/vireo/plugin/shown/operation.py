"""An operation as it is asked for, and as it goes: the manifest, and the lines that follow it."""

from typing import Any, Final

import msgspec

from vireo.api.conditions import COMPLETE, FAILED
from vireo.api.names import API_VERSION
from vireo.api.objects import Manifest, Meta
from vireo.api.resources import OPERATION, VIRTUAL_MACHINE
from vireo.plugin.shown.glance import Said
from vireo.plugin.shown.style import Mood, Style, plain

KEPT_AFTER_DRY_RUN: Final = "10m"
"""How long one that did nothing is kept: its outcome is printed at once."""


class Lasted(msgspec.Struct, frozen=True):
    """status.lasted."""

    seconds: float | None = None
    estimated: float | None = None


class Course(msgspec.Struct, frozen=True):
    """status, as far as it is followed."""

    outcome: str = ""
    lasted: Lasted = Lasted()
    conditions: tuple[Said, ...] = ()

    @property
    def said(self) -> Said | None:
        """What is so with it now."""
        return next((one for one in self.conditions if one.type == COMPLETE), None)

    def is_true(self, type_: str) -> bool:
        return any(one.type == type_ and one.status == "True" for one in self.conditions)

    @property
    def finished(self) -> bool:
        return self.is_true(COMPLETE) or self.is_true(FAILED)


class Followed(msgspec.Struct, frozen=True):
    """An operation that was made."""

    metadata: Meta
    status: Course = Course()

    @property
    def name(self) -> str:
        """As kubectl prints it, and reads it."""
        return f"{OPERATION.kind.lower()}.{OPERATION.group}/{self.metadata.name}"


def operation(machine: str, action: str, migrate: dict[str, str] | None = None, *, dry_run: bool = False) -> Manifest:
    """What is asked for. The API server makes the name, which begins with what is done to what."""
    spec: dict[str, Any] = {"target": {"kind": VIRTUAL_MACHINE.kind, "name": machine}, "action": action}
    if migrate:
        spec["migrate"] = migrate
    if dry_run:
        spec |= {"dryRun": True, "ttlAfterFinished": KEPT_AFTER_DRY_RUN}
    meta = {"generateName": f"{action.lower()}-{machine}-"}
    return {"apiVersion": API_VERSION, "kind": OPERATION.kind, "metadata": meta, "spec": spec}


def progress(found: Followed, style: Style) -> str:
    """What is so with it now, in a line; of one that has ended, what became of it and how long it took."""
    said, course = found.status.said, found.status
    if said is None:
        return ""
    done, over = said.status == "True", course.finished
    mood: Mood = "good" if done else "bad" if over else "going"
    took = f" ({course.lasted.seconds:g} s)" if over and course.lasted.seconds is not None else ""
    return f"{style.paint(said.reason, mood)}: {plain(said.message)}{took}"


def calling_back(found: Followed) -> str:
    """What is said to who stops waiting: that it goes on, and how to call it back."""
    patch = '{"spec":{"cancel":true}}'
    return (
        f"{found.name} goes on. To call it back: "
        f"kubectl patch {found.name} -n {found.metadata.namespace} --type=merge -p '{patch}'"
    )
