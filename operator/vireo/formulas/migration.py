"""M, the time that a machine's memory takes to be copied to another node while its guest goes on."""


def copy_seconds(memory: float, link: float, dirty_rate: float = 0.0, rounds: int = 0) -> float:
    """D = m (1 - q^(k+1)) / (1 - q) / L, with q = dirty rate / L.

    `memory` m in GiB; `link` L and `dirty_rate` in GiB a second; `rounds` k, those after the first: each copies what was changed
    during the one before.
    """
    share = dirty_rate / link
    copied = rounds + 1 if share == 1 else (1 - share ** (rounds + 1)) / (1 - share)
    return memory * copied / link
