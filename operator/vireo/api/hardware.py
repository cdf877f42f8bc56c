"""What a guest has of processors and memory, as KubeVirt's `domain` says it: for who makes machines, and for who counts their load."""

import msgspec


class Cpu(msgspec.Struct, frozen=True):
    """domain.cpu."""

    sockets: int = 1
    cores: int = 1
    threads: int = 1

    @property
    def count(self) -> int:
        """The vCPUs of the guest."""
        return self.sockets * self.cores * self.threads


class Memory(msgspec.Struct, frozen=True):
    """domain.memory."""

    guest: str = "0"
