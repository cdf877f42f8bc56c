"""Files of disks, for what imports them."""

import struct

CLUSTER = 1 << 16
COPIED = 1 << 63


def qcow2(content: bytes) -> bytes:
    """The content, of whole clusters, as a qcow2 image of version 2: header, count of references, map, and the clusters."""
    clusters = len(content) // CLUSTER
    references, counts, first_map, second_map, data = (number * CLUSTER for number in range(1, 6))
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, len(content), 0, 1, first_map, references, 1, 0, 0)
    entries = (data + number * CLUSTER | COPIED for number in range(clusters))
    parts = (
        header,
        struct.pack(">Q", counts),
        struct.pack(">H", 1) * (5 + clusters),
        struct.pack(">Q", second_map | COPIED),
        struct.pack(f">{clusters}Q", *entries),
        content,
    )
    return b"".join(part.ljust(CLUSTER, b"\0") for part in parts)
