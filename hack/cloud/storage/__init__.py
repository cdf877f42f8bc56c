"""The storage device of the cloud: a CSI driver of ours over files, with the real side-cars and snapshot-controller.

    prepare(settings, steps)     before the real nodes start: the folder of volumes that all of them see
    deploy(settings, steps)      the driver, the side-cars, the classes; returns when claims can be made
    release(settings, node)      after a real node was killed: what it left attached in the kernel
    remove(settings)             after all real nodes are gone: the folder and all that is attached of it

Volumes are sparse files (Block: each node attaches its own loop device) and directories (Filesystem) on one XFS file
system in an image file, which shares blocks: snapshots and clones are one instant and take no time. Both volume modes
are ReadWriteMany across the nodes. The capacity of a Filesystem volume is promised, not enforced.

Ask here: where the bytes of a volume lie; which StorageClasses the cloud has.
"""

from cloud.storage.deploy import CRDS, IMAGES, TOPOLOGY, deploy
from cloud.storage.pool import prepare, release, remove

__all__ = ["CRDS", "IMAGES", "TOPOLOGY", "deploy", "prepare", "release", "remove"]
