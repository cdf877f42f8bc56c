"""What simulated machines are measured to use: one small file a machine in the cloud's folder, read when it matters.

hack/cloud/load NAMESPACE/VM --cpu CORES --memory BYTES [--dirty-rate BYTES]
"""

import argparse
import re
import time
from pathlib import Path

import msgspec

from cloud.settings import Settings
from cloud.simulated.quantities import in_bytes


class Load(msgspec.Struct, frozen=True):
    """`cpu` in cores, `memory` in bytes in use, `dirty_rate` in bytes of memory that change a second (None: unknown); `since`
    when that is so, in seconds since 1970."""

    cpu: float
    memory: int
    dirty_rate: int | None = None
    since: float = 0.0


def state_of(settings: Settings) -> Path:
    """The folder of the simulated nodes in the cloud's folder."""
    return settings.dir / "simulated"


def _file(state: Path, namespace: str, machine: str) -> Path:
    return state / "load" / namespace / f"{machine}.json"


def read(state: Path, namespace: str, machine: str) -> Load | None:
    """What was set for the machine, None if nothing."""
    file = _file(state, namespace, machine)
    return msgspec.json.decode(file.read_bytes(), type=Load) if file.exists() else None


def write(state: Path, namespace: str, machine: str, load: Load) -> None:
    """Sets what the machine is measured to use from now on."""
    file = _file(state, namespace, machine)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(load))
    fresh.replace(file)


def main(arguments: list[str]) -> int:
    """Sets a machine's load as the command line says."""
    parser = argparse.ArgumentParser(prog="hack/cloud/load", description="What a simulated machine uses from now on.")
    parser.add_argument("machine", metavar="NAMESPACE/VM", type=_machine)
    parser.add_argument("--cpu", metavar="CORES", type=float, required=True)
    parser.add_argument("--memory", metavar="BYTES", type=in_bytes, required=True)
    parser.add_argument("--dirty-rate", metavar="BYTES", type=in_bytes, help="memory that changes a second")
    given = parser.parse_args(arguments)
    settings = Settings.from_environment()
    if not settings.dir.is_dir():
        parser.error(f"there is no cloud in {settings.dir}: make up")
    namespace, name = given.machine
    write(state_of(settings), namespace, name, Load(given.cpu, given.memory, given.dirty_rate, time.time()))
    return 0


def _machine(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"([a-z0-9-]+)/([a-z0-9.-]+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAMESPACE/VM")
    return found[1], found[2]
