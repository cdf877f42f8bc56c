"""`vireo check`: what this cluster can do for Vireo, looked at now. It needs no operator, only the right to list what is looked at."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vireo.api.conditions import READY, condition
from vireo.api.decode import decode
from vireo.api.kind import Watch
from vireo.api.objects import Live, Meta
from vireo.api.reconcile import Observed
from vireo.kinds.platform.kind import KIND, THE_PLATFORM
from vireo.kinds.platform.types import PlatformSpec, PlatformStatus
from vireo.kube.client import ApiError, Client
from vireo.kube.pages import pages

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
    found = [live for watch in KIND.watches for live in await _all(client, watch)]
    observed = Observed(
        key=THE_PLATFORM,
        meta=Meta(THE_PLATFORM.name),
        spec=PlatformSpec(),
        status=PlatformStatus(),
        now=now,
        children=tuple(found),
    )
    status: PlatformStatus = KIND.status_of(observed, KIND.desired(observed), ())
    return status


async def _all(client: Client, watch: Watch) -> list[Live[Any]]:
    """Of what is not served there is none."""
    try:
        listed = [page async for page in pages(client, watch.resource, {})]
    except ApiError as error:
        if error.code == 404:
            return []
        raise
    return [decode(watch.resource, watch.view, raw) for page in listed for raw in page.items]


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
