"""The API server's audit log: who wrote what. One line a writing request that was answered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cloud.settings import Settings


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
    found = (_write(line) for line in _lines(_log(settings), since))
    return [one for one in found if one and user in (one.user, "") and one.resource != "leases"]


def _log(settings: Settings) -> Path:
    return settings.log / "audit.log"


def _lines(log: Path, since: int) -> Iterator[bytes]:
    with log.open("rb") as file:
        file.seek(since)
        yield from file


def _write(line: bytes) -> Write | None:
    event: dict[str, Any] = json.loads(line)
    if "dryRun=" in event["requestURI"]:
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
