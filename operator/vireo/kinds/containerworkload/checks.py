"""ContainerWorkload: why it can not be made or changed now, as an ordered chain. The first finding is what is said.

None of it stands in the way of fewer replicas, or of deleting: that needs nothing that the spec names.
"""

from collections.abc import Callable
from typing import Final

from vireo.api.conditions import READY, Finding, condition
from vireo.api.reasons import Reason
from vireo.api.resources import CONTAINER_WORKLOAD, VIRTUAL_MACHINE, Key, Resource
from vireo.kinds.containerworkload.made import Workload, made
from vireo.kinds.containerworkload.types import Predecessor
from vireo.kinds.virtualdisk import use as disks
from vireo.kinds.virtualswitch.use import network_not_usable

Check = Callable[[Workload], Finding | None]

PREDECESSORS: Final[dict[str, Resource]] = {
    VIRTUAL_MACHINE.kind: VIRTUAL_MACHINE,
    CONTAINER_WORKLOAD.kind: CONTAINER_WORKLOAD,
}


def why_not(workload: Workload) -> Finding | None:
    """The first reason why the workload can not be made or changed now."""
    return next((finding for check in CHAIN if (finding := check(workload))), None)


def predecessor_key(namespace: str, one: Predecessor) -> Key:
    return Key(PREDECESSORS[one.kind], namespace, one.name)


def held_by_startup(workload: Workload) -> Finding | None:
    """What was started goes on, whatever becomes of what it was started after."""
    after = () if made(workload) else workload.spec.startup.after
    return next((finding for one in after if (finding := _not_ready(workload, one))), None)


def _not_ready(workload: Workload, one: Predecessor) -> Finding | None:
    key = predecessor_key(workload.key.namespace, one)
    live = workload.uses.get(key)
    if live is None:
        return Finding(
            Reason.HELD_BY_STARTUP,
            f"{key} does not exist, and the workload starts after it. Make it, or take it out of spec.startup.after.",
        )
    ready = condition(live.view.status.conditions, READY)
    if ready and ready.status == "True":
        return None
    words = f" It says: {ready.reason}." if ready else ""
    return Finding(Reason.HELD_BY_STARTUP, f"The workload starts when {key} is Ready.{words}")


def disk_not_usable(workload: Workload) -> Finding | None:
    return disks.disk_not_usable(workload, (one.disk for one in workload.spec.disks), "FileSystem")


def disk_not_shared(workload: Workload) -> Finding | None:
    """Several pods of which some wait on other nodes for ever."""
    if workload.spec.replicas <= 1:
        return None
    for one in workload.spec.disks:
        datastore = disks.datastore_of(workload, one.disk)
        if datastore and "ReadWriteMany" not in datastore.access_modes:
            return Finding(
                Reason.DISK_NOT_SHARED,
                f"{disks.disk_key(workload, one.disk)} lies on StorageClass {datastore.name}, whose disks are at one node at a time, and "
                f"spec.replicas is {workload.spec.replicas}. Set it to 1, or name a disk on a datastore with ReadWriteMany.",
            )
    return None


CHAIN: Final[tuple[Check, ...]] = (disk_not_usable, disk_not_shared, network_not_usable, held_by_startup)
