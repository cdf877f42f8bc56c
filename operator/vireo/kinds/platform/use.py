"""What other kinds ask of the Platform."""

from typing import Any

from vireo.api.reconcile import Observed
from vireo.kinds.platform.kind import THE_PLATFORM
from vireo.kinds.platform.types import PlatformStatus


def platform(observed: Observed[Any, Any]) -> PlatformStatus | None:
    """What the cluster can do; None until it was looked at."""
    live = observed.uses.get(THE_PLATFORM)
    return live.view.status if live and live.view.status.observed_generation else None
