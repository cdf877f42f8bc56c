"""Builds targets with their inputs, in the order of the table, as much at once as the machine has use for."""

import heapq
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cloud.build import debian
from cloud.build.cache import Cache
from cloud.build.target import Target, Workshop, key_of
from cloud.steps import Abandoned, Steps


class Turns:
    """One at a time; of those who wait, the one with the lowest number goes next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[int] = []
        self._busy = False

    @contextmanager
    def taken(self, number: int) -> Iterator[None]:
        """Waits for the turn of `number`, and ends it after the body."""
        with self._changed:
            heapq.heappush(self._waiting, number)
            self._changed.wait_for(lambda: not self._busy and self._waiting[0] == number)
            heapq.heappop(self._waiting)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()


@dataclass(frozen=True)
class Builder:
    """Makes the targets of a table into artefacts of a cache. Safe to use from several threads.

    Heavy targets have the cores one at a time, in the order of the table, and the network too: while one is built, what the
    next is made of comes in. Light ones go on beside them.
    """

    table: Mapping[str, Target]
    cache: Cache
    _fetches: Turns = field(default_factory=Turns)
    _builds: Turns = field(default_factory=Turns)
    _failed: threading.Event = field(default_factory=threading.Event)

    def artefact(self, name: str, steps: Steps) -> Path:
        """The folder of a target, made first if it is not there. Raises Failure with the log of the tool that failed."""
        target, key = self.table[name], self.key(name)
        if found := self.cache.find(name, key):
            return found
        inputs = {needed: self.artefact(needed, steps) for needed in target.inputs}
        log = self.cache.log(name, key)
        return self.cache.make(name, key, lambda out: self._fill(target, Workshop(out, inputs, log), steps))

    def ensure(self, names: Iterable[str], steps: Steps) -> None:
        """Makes these targets, and what they are made of, at once. After a failure nothing new is begun."""
        missing = [name for name in self.closure(names) if not self.cache.find(name, self.key(name))]
        debian.require({package for name in missing for package in self.table[name].host_packages}, steps)
        with ThreadPoolExecutor(max_workers=max(1, len(missing)), thread_name_prefix="build") as pool:
            running = [pool.submit(self.artefact, name, steps) for name in missing]
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
            if any(future.exception() for future in done):
                self._failed.set()
        errors = [error for future in running if (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, Abandoned)):
            raise error

    def closure(self, names: Iterable[str]) -> list[str]:
        """These targets and all that they are made of, in the order of the table."""
        wanted: set[str] = set()
        more = set(names)
        while more:
            wanted |= more
            more = {needed for name in more for needed in self.table[name].inputs} - wanted
        return [name for name in self.table if name in wanted]

    def key(self, name: str) -> str:
        """The key of a target, over all that it and its inputs are made of."""
        target = self.table[name]
        return key_of(target, {needed: self.key(needed) for needed in target.inputs})

    def _fill(self, target: Target, workshop: Workshop, steps: Steps) -> None:
        workshop.log.unlink(missing_ok=True)
        with self._turn(target, self._fetches):
            target.fetch(workshop)
        with self._turn(target, self._builds):
            if self._failed.is_set():
                raise Abandoned(target.name)
            with steps.step(f"build {target.name}"):
                target.make(workshop)

    @contextmanager
    def _turn(self, target: Target, turns: Turns) -> Iterator[None]:
        if not target.heavy:
            yield
            return
        with turns.taken(list(self.table).index(target.name)):
            yield
