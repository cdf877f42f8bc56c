"""Claims: which cloud has which index, and that only one `up` or `down` works on a cloud at a time.

A claim is a symbolic link INDEX -> DIR in one folder a user. It holds as long as DIR says the same; a link whose cloud
is gone is taken over. What other users hold is seen by looking at the addresses themselves.
"""

import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cloud.settings import CLOUDS, Network, Settings, index_of, state_home
from cloud.steps import Failure

PROBED_PORTS = (2379, 6443)


@contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Holds the cloud's lock. Raises Failure at once if another `up` or `down` has it."""
    claims = claims_dir()
    claims.mkdir(parents=True, exist_ok=True)
    name = str(settings.dir).replace("%", "%%").replace("/", "%")
    with (claims / f"{name[-200:]}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "wait until it has ended, or end it (Ctrl-C)"
            raise Failure(f"another up or down is at work on {settings.dir}", advice=advice) from None
        yield
        if index_of(settings.dir) < 0:
            Path(lock.name).unlink(missing_ok=True)


def take(settings: Settings, free: Callable[[int], bool] | None = None) -> Settings:
    """The settings with the cloud's index: the one it has, or a free one, written into its folder."""
    free = free or addresses_are_free
    if settings.index >= 0:
        return settings
    _refuse_foreign_folder(settings.dir)
    with _claims_locked() as claims:
        for index in range(CLOUDS):
            if _holder(claims, index) is None and free(index):
                (claims / str(index)).unlink(missing_ok=True)
                (claims / str(index)).symlink_to(settings.dir)
                settings.dir.mkdir(mode=0o755, parents=True, exist_ok=True)
                (settings.dir / "index").write_text(str(index))
                return replace(settings, index=index)
    raise Failure(f"all {CLOUDS} sets of addresses are taken", advice=f"take one down; {claims} names them")


def release(settings: Settings) -> None:
    """Gives the index back. The cloud's folder must say nothing of it any more."""
    with _claims_locked() as claims:
        link = claims / str(settings.index)
        if link.is_symlink() and link.readlink() == settings.dir:
            link.unlink()


def remove_if_unused() -> None:
    """Removes the folder of claims when it holds none."""
    claims = claims_dir()
    (claims / "lock").unlink(missing_ok=True)
    with suppress(OSError):
        claims.rmdir()
        claims.parent.rmdir()


def addresses_are_free(index: int) -> bool:
    """True if nothing on this machine uses the addresses or links of that index."""
    network = Network(index)
    if Path("/sys/class/net", network.bridge).exists():
        return False
    return all(_can_listen(str(network.loopback), port) for port in PROBED_PORTS)


def claims_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this user's claims and locks."""
    return state_home(environment) / "claims"


@contextmanager
def _claims_locked() -> Iterator[Path]:
    claims = claims_dir()
    claims.mkdir(parents=True, exist_ok=True)
    with (claims / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield claims


def _holder(claims: Path, index: int) -> Path | None:
    link = claims / str(index)
    if not link.is_symlink():
        return None
    folder = link.readlink()
    return folder if index_of(folder) == index else None


def _can_listen(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _refuse_foreign_folder(folder: Path) -> None:
    """`down` empties the folder: so it must have been empty, or absent, when the cloud moved in."""
    if folder.is_dir() and any(folder.iterdir()):
        raise Failure(f"{folder} is not empty and holds no cloud", advice="set VIREO_CLOUD to a folder of its own")
