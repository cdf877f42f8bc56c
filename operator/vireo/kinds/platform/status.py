"""Platform: what this cluster can do, and what is missing."""

from typing import Final, Literal

from vireo.api.conditions import Finding, Said, conditions, progress
from vireo.api.reasons import Reason
from vireo.api.reconcile import Desired, Observed, Outcome
from vireo.api.resources import SNAPSHOT_CLASS, STORAGE_CLASS
from vireo.kinds.platform.checks import kubevirt
from vireo.kinds.platform.components import components
from vireo.kinds.platform.datastores import datastores
from vireo.kinds.platform.types import Component, PlatformSpec, PlatformStatus

State = Literal["Supported", "Missing", "TooOld"]
STATES: Final[dict[Reason, State]] = {Reason.KUBEVIRT_MISSING: "Missing", Reason.KUBEVIRT_TOO_OLD: "TooOld"}


def status_of(
    observed: Observed[PlatformSpec, PlatformStatus],
    desired: Desired,
    outcomes: tuple[Outcome, ...],  # noqa: ARG001 - a platform has no steps
) -> PlatformStatus:
    """What the watched objects say of this cluster."""
    before, generation = observed.status.conditions, observed.meta.generation
    return PlatformStatus(
        observed_generation=generation,
        components=(_kubevirt(observed, desired.waiting), *components(observed)),
        datastores=datastores(observed.all(STORAGE_CLASS), observed.all(SNAPSHOT_CLASS)),
        conditions=conditions(before, _said(observed, desired.waiting), generation, observed.now),
    )


def _kubevirt(observed: Observed[PlatformSpec, PlatformStatus], missing: Finding | None) -> Component:
    live = kubevirt(observed)
    version = live.view.status.observed_kube_virt_version if live else ""
    return Component(
        name="KubeVirt",
        state=STATES[missing.reason] if missing else "Supported",
        version=version[:253],
        message=missing.message if missing else None,
    )


def _said(observed: Observed[PlatformSpec, PlatformStatus], missing: Finding | None) -> tuple[Said, ...]:
    live = kubevirt(observed)
    if live is None or missing is None:
        return progress(_supported(live.view.status.observed_kube_virt_version if live else ""), stalled=missing)
    deploying = missing.reason == Reason.KUBEVIRT_MISSING
    return progress(None, working=missing if deploying else None, stalled=None if deploying else missing)


def _supported(version: str) -> Finding:
    return Finding(Reason.SUPPORTED, f"KubeVirt {version} is deployed.")
