"""The API server's audit log: who wrote what. One line a writing request that was answered; with VIREO_AUDIT=reads also what Vireo read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cloud.settings import Settings

Event = dict[str, Any]
READS = frozenset({"get", "list", "watch"})


@dataclass(frozen=True)
class Write:
    """A request that wrote. A create has no name; `resource` has its subresource behind a slash."""

    user: str
    verb: str
    namespace: str
    resource: str
    name: str
    code: int
    at: float = 0.0
    """When it was answered, in seconds since 1970."""


def mark(settings: Settings) -> int:
    """A place in the log: what is written from now on lies behind it."""
    return _log(settings).stat().st_size


def writes(settings: Settings, since: int, user: str = "") -> list[Write]:
    """What the user (without one: anybody) wrote since `mark`; dry runs wrote nothing and are left out, as are Leases."""
    found = map(_write, events(settings, since))
    return [one for one in found if one and user in (one.user, "") and one.resource != "leases"]


def events(settings: Settings, since: int = 0) -> Iterator[Event]:
    """Every line since `mark`, as the API server wrote it; the last one may be on its way, and is left out then."""
    with _log(settings).open("rb") as file:
        file.seek(since)
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def _log(settings: Settings) -> Path:
    return settings.log / "audit.log"


def _write(event: Event) -> Write | None:
    if event["verb"] in READS or "dryRun=" in event["requestURI"]:
        return None
    about = event.get("objectRef", {})
    parts = (about.get("resource", ""), about.get("subresource", ""))
    return Write(
        event["user"]["username"],
        event["verb"],
        about.get("namespace", ""),
        "/".join(part for part in parts if part),
        about.get("name", ""),
        event.get("responseStatus", {}).get("code", 0),
        datetime.fromisoformat(event["stageTimestamp"]).timestamp(),
    )
