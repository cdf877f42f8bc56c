"""Settings: what a cloud is asked to be, where it lives, and its addresses, all from the environment.

| variable | meaning | default |
|---|---|---|
| VIREO_CLOUD | the folder of the cloud: state and logs | one a checkout, under the user's state folder |
| VIREO_REAL_NODES | nodes with kubelet and containerd | 2 |
| VIREO_NODES | simulated nodes | 5 |
| VIREO_RUN | how Vireo runs: `chart` (pods), `process` (on the host), `none` | chart |
| VIREO_PROMETHEUS | 1: a Prometheus scrapes KubeVirt and the kubelets, and the extender asks it | 0 |
| VIREO_AUDIT | what audit.log says: `writes`, or `reads`: also what Vireo's own accounts read | writes |
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cloud.steps import Failure

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED_ON_NODES = Path("/var/lib/vireo-shared")  # where every real node sees `Settings.shared`
DOMAIN = "cluster.local"  # in which Services have their names
CLOUDS = 100  # how many clouds one machine has addresses for


@dataclass(frozen=True)
class Network:
    """The addresses and link names of the cloud with this index: nothing in it is shared with another index.

    Host processes listen on the loopback network 127.(100+index).0.0/16, so that their ports can be the usual ones.
    All else lives in 10.(100+index).0.0/16: /24 for the nodes (the host is .1), a /24 of pods a node from .16.0 on,
    /18 from .64.0 for what plays simulated nodes, and /17 from .128.0 for Services.
    """

    index: int

    @property
    def loopback(self) -> IPv4Address:
        """Where host processes listen that only the host reaches."""
        return IPv4Address(f"127.{100 + self.index}.0.1")

    @property
    def all(self) -> IPv4Network:
        """Every address of the cloud beside its loopback ones."""
        return IPv4Network(f"10.{100 + self.index}.0.0/16")

    @property
    def host(self) -> IPv4Address:
        """The host as the nodes see it."""
        return self.all[1]

    def node(self, number: int) -> IPv4Address:
        """The address of real node `number`, counted from 1."""
        return self.all[10 + number]

    def pods(self, number: int) -> IPv4Network:
        """The pods of real node `number`, counted from 1."""
        return IPv4Network((int(self.all[0]) + (15 + number) * 256, 24))

    @property
    def simulated(self) -> IPv4Network:
        """Addresses for simulated nodes and their pods."""
        return IPv4Network((int(self.all[0]) + 64 * 256, 18))

    @property
    def services(self) -> IPv4Network:
        """The cluster addresses of Services."""
        return IPv4Network((int(self.all[0]) + 128 * 256, 17))

    @property
    def api_service(self) -> IPv4Address:
        """The cluster address of the Service `kubernetes`."""
        return self.services[1]

    @property
    def bridge(self) -> str:
        """The host's bridge that the nodes are plugged into."""
        return f"vireo{self.index}"

    def link(self, number: int) -> str:
        """The host's end of the cable to real node `number`."""
        return f"vireo{self.index}n{number}"

    @property
    def segment(self) -> str:
        """The host's bridge that joins the nodes' bridges for switches: a segment of its own, without an address."""
        return f"vireo{self.index}s"

    def segment_link(self, number: int) -> str:
        """The host's end of real node `number`'s cable to the segment."""
        return f"vireo{self.index}s{number}"

    @property
    def cgroup(self) -> str:
        """The control group that holds every process of the cloud, below each hierarchy's root."""
        return f"vireo{self.index}"


@dataclass(frozen=True)
class Settings:
    """What a cloud is asked to be. `index` is -1 until `up` has claimed one."""

    dir: Path
    real_nodes: int = 2
    simulated_nodes: int = 5
    run: str = "chart"
    index: int = -1
    prometheus: bool = False
    audit: str = "writes"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Reads the variables above. Raises Failure for a value that can not be meant."""
        folder = Path(environment.get("VIREO_CLOUD") or default_dir(environment)).expanduser().absolute()
        return cls(
            dir=folder,
            real_nodes=_count(environment, "VIREO_REAL_NODES", 2, 40),
            simulated_nodes=_count(environment, "VIREO_NODES", 5, 15000),
            run=_one_of(environment, "VIREO_RUN", "chart", "process", "none"),
            index=index_of(folder),
            prometheus=bool(_count(environment, "VIREO_PROMETHEUS", 0, 1)),
            audit=_one_of(environment, "VIREO_AUDIT", "writes", "reads"),
        )

    @classmethod
    def running(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The cloud in force as `up` made it, whatever numbers the environment asks for now."""
        asked = cls.from_environment(environment)
        if not asked.state_file.is_file():
            return asked
        return replace(asked, **json.loads(asked.state_file.read_text()))

    def remember(self) -> None:
        """Writes what `running` reads."""
        names = ("real_nodes", "simulated_nodes", "run", "prometheus", "audit")
        made = {name: getattr(self, name) for name in names}
        self.state_file.write_text(json.dumps(made) + "\n")

    def without_real_nodes(self) -> "Settings":
        """The same cloud with simulated nodes only."""
        return replace(self, real_nodes=0)

    @cached_property
    def network(self) -> Network:
        """The cloud's addresses. Raises Failure before `up` has claimed an index."""
        if self.index < 0:
            raise Failure(f"there is no cloud in {self.dir}", advice="make up")
        return Network(self.index)

    @property
    def log(self) -> Path:
        """One file a process, and audit.log."""
        return self.dir / "log"

    @property
    def pki(self) -> Path:
        """Certificates, keys and kubeconfigs."""
        return self.dir / "pki"

    @property
    def bin(self) -> Path:
        """kubectl, helm and so on, for people's PATH."""
        return self.dir / "bin"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.dir / "kubeconfig"

    @property
    def shared(self) -> Path:
        """A folder that every real node sees as SHARED_ON_NODES: the storage device of the cloud."""
        return self.dir / "shared"

    @property
    def state_file(self) -> Path:
        """What the last `up` was asked for."""
        return self.dir / "cloud.json"

    @property
    def steps_file(self) -> Path:
        """What the last `up` took: one record a step."""
        return self.dir / "steps.json"

    @property
    def node_names(self) -> list[str]:
        """The real nodes."""
        return [f"node-{number}" for number in range(1, self.real_nodes + 1)]

    @property
    def api_address(self) -> IPv4Address:
        """Where the API server listens: on the nodes' bridge if there are real nodes, else on loopback."""
        return self.network.host if self.real_nodes else self.network.loopback

    @property
    def registry(self) -> str:
        """HOST:PORT of the cloud's image registry, as host, nodes and pods reach it: by HTTP's own port, which its name implies."""
        return f"{self.api_address}:80"

    @property
    def prometheus_url(self) -> str:
        """Where the cloud's Prometheus answers, as host, nodes and pods reach it; "" where there is none: it was not asked for, or has
        no real node to scrape."""
        return f"http://{self.api_address}:9090" if self.prometheus and self.real_nodes else ""


def default_dir(environment: Mapping[str, str]) -> Path:
    """One folder a checkout, under the user's state folder."""
    return state_home(environment) / f"{CHECKOUT.name}-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]}"


def state_home(environment: Mapping[str, str]) -> Path:
    """Where this user's clouds keep their state unless told otherwise."""
    state = environment.get("XDG_STATE_HOME") or Path(environment.get("HOME") or Path.home()) / ".local/state"
    return Path(state) / "vireo"


def index_of(folder: Path) -> int:
    """The index of the cloud in that folder; -1 if there is none."""
    file = folder / "index"
    return int(file.read_text() or -1) if file.is_file() else -1


def _one_of(environment: Mapping[str, str], name: str, *values: str) -> str:
    """The first, if nothing is said."""
    value = environment.get(name) or values[0]
    if value not in values:
        raise Failure(f"{name} is {value!r}", advice=f"set it to {', '.join(values[:-1])} or {values[-1]}")
    return value


def _count(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) > most:
        raise Failure(f"{name} is {text!r}", advice=f"set it to a number from 0 to {most}")
    return int(text)
