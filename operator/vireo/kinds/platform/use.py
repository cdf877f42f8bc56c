"""What other kinds ask of the Platform."""

from typing import Any

from vireo.api.reconcile import Observed
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.types import Datastore, PlatformStatus


def platform(observed: Observed[Any, Any]) -> PlatformStatus | None:
    """What the cluster can do; None until it was looked at."""
    live = observed.uses.get(THE_PLATFORM)
    return live.view.status if live and live.view.status.observed_generation else None


def datastore(observed: Observed[Any, Any], name: str | None) -> Datastore | None:
    """The datastore of that name; None where nothing is named, or it is not known."""
    known = platform(observed)
    return known.datastore(name) if known and name else None
