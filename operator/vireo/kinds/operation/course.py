"""The course of an act: what is to be said of it, whether it has ended, and what is to be done for it now.

An act is decided on what was seen (status.acted), and that is written before anything is done. From then on only what was written
counts: the same decision is carried out after a crash, on the same instance, and once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vireo.api.conditions import Finding
from vireo.api.objects import Child, Live
from vireo.api.reasons import Reason
from vireo.api.reconcile import Call
from vireo.kinds.operation.target import Operation
from vireo.kinds.operation.types import Acted


@dataclass(frozen=True)
class Action:
    """What one word in spec.action means, in four steps."""

    would: Callable[[Operation], str]
    """What it would do, for a dry run."""
    why_not: Callable[[Operation], "Course | None"]
    """What speaks against beginning it now."""
    begin: Callable[[Operation], "Course"]
    """What it is decided on."""
    course: Callable[[Operation, Acted], "Course"]
    """How it goes, once it was decided."""


@dataclass(frozen=True)
class Course:
    """What is so with an act. `done`: True, it did what was asked; False, it failed; None, it goes on."""

    finding: Finding
    done: bool | None = None
    begins: Acted | None = None
    """What the act, or the part of it from which there is no way back, is decided on, if it is decided now."""
    blocked_by: str = ""
    """The operation that has the turn, if there is another."""
    child: Child | None = None
    """What is to be made for it."""
    call: Call | None = None
    """What is to be changed for it."""
    delete: tuple[Live[object], ...] = ()
    """What is to be ended for it."""


def goes_on(reason: Reason, message: str) -> Course:
    return Course(Finding(reason, message))


def failed(reason: Reason, message: str) -> Course:
    return Course(Finding(reason, message), done=False)


def completed(message: str) -> Course:
    return Course(Finding(Reason.COMPLETED, message), done=True)
