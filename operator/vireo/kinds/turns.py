"""Turns: at a time one operation acts on an object, so that none undoes what another does. Which one, the object itself says."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from vireo.api.objects import Live
from vireo.api.schema import Model, Name


class ActingOperation(Model):
    """An operation, told from another of its name."""

    name: Annotated[Name, Field(description="Its name.")]
    uid: Annotated[str, Field(description="Its UID.", max_length=63)]


def whose_turn(before: ActingOperation | None, operations: Iterable[Live[Any]]) -> Live[Any] | None:
    """The one that had its turn, until it has ended; then the oldest. A dry run acts on nothing, and needs no turn."""
    live = [one for one in operations if not one.view.status.finished and not one.view.spec.dry_run]
    had = next((one for one in live if before and one.meta.uid == before.uid), None)
    return had or min(live, key=_age, default=None)


def _age(operation: Live[Any]) -> tuple[float, str]:
    made = operation.meta.creation_timestamp
    return (made.timestamp() if made else 0.0, operation.meta.name)
