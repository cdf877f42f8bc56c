"""Processors and bytes, as Kubernetes writes them."""

import re

SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def in_bytes(text: str) -> int:
    """The bytes of a quantity such as 1073741824, 1Gi or 1.5G. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]?|[KMGT]i)", text)
    if found is None:
        raise ValueError(f"{text!r} is no amount of bytes such as 512Mi")
    return int(float(found[1]) * SUFFIXES[found[2]])


def in_cores(text: str) -> float:
    """The cores of a quantity such as 2, 0.5 or 500m. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", text)
    if found is None:
        raise ValueError(f"{text!r} is no amount of processors such as 500m")
    return float(found[1]) / (1000 if found[2] else 1)
