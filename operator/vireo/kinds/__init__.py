"""The kinds of Vireo. A new one is a folder here and a name in KINDS.

Ask here: which kinds there are; what a kind wants of the cluster (desired.py), why it does not go on (checks.py), what it says
(status.py), which fields it has (types.py), and what it watches (kind.py).
"""

from typing import Any, Final

from vireo.api.kind import Kind
from vireo.kinds.calibration.kind import KIND as CALIBRATION
from vireo.kinds.containerworkload.kind import KIND as CONTAINER_WORKLOAD
from vireo.kinds.operation.kind import KIND as OPERATION
from vireo.kinds.platform.kind import KIND as PLATFORM
from vireo.kinds.virtualdisk.kind import KIND as VIRTUAL_DISK
from vireo.kinds.virtualmachine.kind import KIND as VIRTUAL_MACHINE
from vireo.kinds.virtualswitch.kind import KIND as VIRTUAL_SWITCH

KINDS: Final[tuple[Kind[Any, Any], ...]] = (
    PLATFORM,
    VIRTUAL_DISK,
    VIRTUAL_SWITCH,
    VIRTUAL_MACHINE,
    CONTAINER_WORKLOAD,
    OPERATION,
    CALIBRATION,
)
