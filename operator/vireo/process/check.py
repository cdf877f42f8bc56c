"""`vireo check`: what this cluster can do for Vireo, looked at now. It needs no operator, only the right to list what is looked at."""

import json
from collections.abc import Sequence
from datetime import datetime

from vireo.api.conditions import READY, condition
from vireo.kinds.platform.kind import KIND
from vireo.kinds.platform.types import PlatformStatus
from vireo.kube.client import Client
from vireo.kube.look import singleton

Rows = Sequence[tuple[str, ...]]


async def check(now: datetime, output: str) -> int:
    """Prints what is found; the exit code: 0 where Vireo can work, 1 where it can not. Raises ApiError."""
    async with await Client.connect() as client:
        status = await look(client, now)
    print(json.dumps(status.wire(), indent=2) if output == "json" else as_text(status))
    ready = condition(status.conditions, READY)
    return 0 if ready and ready.status == "True" else 1


async def look(client: Client, now: datetime) -> PlatformStatus:
    """The status that the Platform would have: by the same functions, from the same objects."""
    status: PlatformStatus = (await singleton(client, KIND, now)).view.status
    return status


def as_text(status: PlatformStatus) -> str:
    """Two tables, and below them what is missing."""
    parts = [
        ("COMPONENT", "STATE", "VERSION"),
        *((one.name, one.state, one.version or "-") for one in status.components),
    ]
    stores = [
        ("DATASTORE", "BINDING", "EXPANSION", "SNAPSHOTS", "ACCESS MODES"),
        *(
            (
                f"{one.name}{' (default)' if one.default else ''}",
                one.binding,
                "yes" if one.expansion else "no",
                one.snapshot_class or "no",
                ",".join(one.access_modes),
            )
            for one in status.datastores
        ),
    ]
    missing = [f"{one.name}: {one.message}" for one in status.components if one.message]
    return "\n".join([*_table(parts), "", *_table(stores), *([""] if missing else []), *missing])


def _table(rows: Rows) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
