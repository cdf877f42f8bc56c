"""The cache: artefacts outside the tree, each in a folder named after the key of all that it is made of.

    ROOT/NAME/KEY           a finished artefact (a folder); it is never changed
    ROOT/NAME/KEY.partial   one being made; only the holder of the lock writes to it
    ROOT/NAME/KEY.lock      locked while one builder makes it; the kernel unlocks it when the builder dies
    ROOT/NAME/KEY.log       what its tools printed

An artefact appears by one rename, so there is never half of one. What a killed builder left is removed by the next.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEPT_UNUSED = 14 * 24 * 3600  # seconds that an artefact of an old key is kept after it was last asked for


@dataclass(frozen=True)
class Cache:
    """Artefacts below `root`. Safe with any number of builders, threads and processes, at once."""

    root: Path

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> "Cache":
        """The user's own: VIREO_CACHE, or `vireo` in the user's cache folder."""
        home = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or Path.home()) / ".cache"
        return cls(Path(environment.get("VIREO_CACHE") or Path(home) / "vireo").expanduser().absolute())

    def find(self, name: str, key: str) -> Path | None:
        """The finished artefact, or None. Asking keeps it from being swept."""
        path = self.root / name / key
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def log(self, name: str, key: str) -> Path:
        """Where the tools that make this artefact write."""
        return self.root / name / f"{key}.log"

    def make(self, name: str, key: str, fill: Callable[[Path], None]) -> Path:
        """The artefact; made by `fill`, which writes into the empty folder it is given, if it is not there yet.

        Waits while another builder makes the same one. If `fill` raises, no artefact appears.
        """
        path = self.root / name / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            if found := self.find(name, key):
                return found
            partial = path.with_suffix(".partial")
            _remove(partial)
            partial.mkdir()
            fill(partial)
            partial.rename(path)
            self._sweep(path)
        return path

    def _sweep(self, made: Path) -> None:
        """Removes what this name was made of earlier and nobody has asked for lately."""
        for old in made.parent.iterdir():
            if old.is_dir() and not old.suffix and time.time() - old.stat().st_mtime > KEPT_UNUSED:
                _remove(old)
                for suffix in (".lock", ".log"):
                    old.with_suffix(suffix).unlink(missing_ok=True)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(folder: Path) -> None:
    """Removes a folder, and never what is mounted in it: a killed builder may have left /dev of the host there."""
    subprocess.run(["rm", "-rf", "--one-file-system", "--", folder], check=True)
