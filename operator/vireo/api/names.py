"""The names that Vireo writes into a cluster: group, labels, annotations, finalizer, field manager."""

from typing import Final

GROUP: Final = "vireo.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
CATEGORY: Final = "vireo"

FIELD_MANAGER: Final = "vireo"
FINALIZER: Final = f"{GROUP}/orderly-end"

LABEL_MANAGED: Final = f"{GROUP}/managed"
"""On every child; its value is the lower-case kind of the owner. Children are watched by this label."""
LABEL_WORKLOAD: Final = f"{GROUP}/workload"
"""On the pods of a workload: its name."""
LABEL_DISK: Final = f"{GROUP}/disk"
LABEL_DISK_UID: Final = f"{GROUP}/disk-uid"
LABEL_SEQUENCE: Final = f"{GROUP}/sequence"
"""On a proven claim of a disk: the highest number is the disk (rule 2 of the design)."""
LABEL_DUE: Final = f"{GROUP}/due"
"""On a snapshot by schedule: the moment at which it was due, in UTC."""
LABEL_OPERATION_UID: Final = f"{GROUP}/operation-uid"
"""On a snapshot by hand: the operation that took it, and no later one of its name."""

ANNOTATION_ADOPT: Final = f"{GROUP}/adopt"
"""Set to "true" by a person on an object that has a child's name: Vireo may take it."""
ANNOTATION_DESIRED: Final = f"{GROUP}/desired"
"""On a child as it was created: the hash of what Vireo wanted, so that a restarted operator knows its own work."""
ANNOTATION_REQUESTED_BY: Final = f"{GROUP}/requested-by"
"""On an Operation: who made it. The API server writes it (the chart's MutatingAdmissionPolicy), whatever the maker wrote there."""
ANNOTATION_ACCESS_MODES: Final = f"{GROUP}/access-modes"
ANNOTATION_VOLUME_MODE: Final = f"{GROUP}/volume-mode"
"""On a StorageClass: the modes its claims get where no CDI StorageProfile says so."""
