"""How far the first content of a claim is, and what keeps it: read from the claim itself, where CDI writes it.

CDI's annotations are of its version 1.65; where one is missing, less is known, and nothing else changes.
"""

import re
from typing import Final

from vireo.kinds.virtualdisk.claims import Claim
from vireo.kinds.virtualdisk.types import Filling

CDI: Final = "cdi.kubevirt.io"
PROGRESS: Final = f"{CDI}/storage.populator.progress"
IMPORT_PHASE, CLONE_PHASE = f"{CDI}/storage.pod.phase", f"{CDI}/clonePhase"
RUNNING: Final = f"{CDI}/storage.condition.running"
RUNNING_REASON, RUNNING_MESSAGE = f"{RUNNING}.reason", f"{RUNNING}.message"
RESTARTS: Final = f"{CDI}/storage.pod.restarts"
FATAL: Final = f"{CDI}/storage.import.fatalError"
BYTE_BY_BYTE: Final = f"{CDI}/cloneFallbackReason"
"""Why a copy is made byte by byte: CDI warns of that, too."""
CLONE_ERROR: Final = f"{CDI}/cloneError"

NO_TROUBLE: Final = ("Completed", "Scratch space required", "ContainerCreating", "PodInitializing")
"""Reasons for which nothing runs, and which are on the way."""
OF_THE_PRIME_CLAIM: Final = re.compile(r"\[prime-[0-9a-f-]+\] : ")
"""What CDI puts before an event that it repeats."""

MADE_TWICE: Final = re.compile(r"ErrCreatingPVCPrime: .* already exists")
"""CDI's own warning when it has not seen yet that it has begun."""


def filling(claim: Claim) -> Filling:
    said = claim.meta.annotations
    phase = said.get(IMPORT_PHASE) or said.get(CLONE_PHASE) or ""
    return Filling(phase=phase[:63] or None, progress=_percent(said.get(PROGRESS, "")))


def given_up(claim: Claim) -> str:
    """The words for what is not tried again, since it would be the same: a checksum that does not match."""
    said = claim.meta.annotations
    return said.get(RUNNING_MESSAGE, "") if said.get(FATAL) == "true" else ""


def trouble(claim: Claim) -> str:
    """The words for what went wrong and is tried again."""
    said = claim.meta.annotations
    stopped = said.get(RUNNING) == "false" and said.get(RUNNING_REASON) not in NO_TROUBLE
    return said.get(CLONE_ERROR) or (said.get(RUNNING_MESSAGE, "") if stopped else "")


def is_tried_again(claim: Claim) -> bool:
    """Whether it failed before, and nothing has come of the next try yet. CDI forgets the words then."""
    said = claim.meta.annotations
    return said.get(RESTARTS, "0") != "0" and not _percent(said.get(PROGRESS, ""))


def goes_on(claim: Claim) -> bool:
    """Whether the claim itself says that its content is on the way."""
    return claim.meta.annotations.get(RUNNING) == "true"


def went_wrong(claim: Claim, warning: str) -> str:
    """A warning without the name of a claim that nobody knows; nothing if it tells of no failure."""
    if MADE_TWICE.fullmatch(warning) or warning.partition(": ")[2] == claim.meta.annotations.get(BYTE_BY_BYTE):
        return ""
    return OF_THE_PRIME_CLAIM.sub("", warning)


def _percent(text: str) -> int | None:
    """Whole percents: each one more is a write of the status."""
    found = re.fullmatch(r"(\d{1,3})(?:\.\d+)?%", text)
    return min(int(found[1]), 100) if found else None
