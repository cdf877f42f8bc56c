"""Requests that write, from the audit log: what they were, and until there are no more."""

import time
from collections import Counter

from cloud import audit
from cloud.settings import Settings
from cloud.vireo import USER

QUIET = 20.0  # seconds without a write, after which nothing more is to come: agents speak late, KubeVirt comes back
LEARNED = ("calibrations", "calibrations/status")
"""Written once a minute at most, of all that has happened until then: no object's own."""


def written(settings: Settings, since: int, user: str = USER, namespace: str = "") -> Counter[str]:
    """A user's requests after that mark, by verb and resource, so that the reader sees what they are; of one namespace, or of all, and
    then without what was learned."""
    return Counter(
        f"{one.verb} {one.resource}"
        for one in audit.writes(settings, since, user)
        if namespace in ("", one.namespace) and one.resource not in LEARNED
    )


def settle(settings: Settings, user: str = USER, namespace: str = "") -> None:
    """Until that user (without a name: anybody) has written nothing there for QUIET seconds."""
    while True:
        since = audit.mark(settings)
        time.sleep(QUIET)
        if not written(settings, since, user, namespace):
            return
