"""Platform: nothing is made for it."""

from vireo.api.reconcile import Desired, Observed
from vireo.kinds.platform.checks import why_not
from vireo.kinds.platform.types import PlatformSpec, PlatformStatus


def desired(observed: Observed[PlatformSpec, PlatformStatus]) -> Desired:
    return Desired(waiting=why_not(observed))
