"""The tiers, in their order: what each does and how long it may take."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cloud.nodes import needs
from cloud.settings import CHECKOUT, Settings
from tiers.clouds import BARE, cloud_in_force, kubeconfig, own_cloud
from tiers.work import Work

DRIVER = CHECKOUT / "hack/cloud/storage/driver"
WITHOUT_A_CLUSTER = "not api and not chart and not frames and not cloud and not simulated and not proof"
SHARED_SERVER, OWN_SERVER = ("tests/api", "tests/reconcile"), ("tests/crash",)
FOLDERS = {
    "api": (*SHARED_SERVER, *OWN_SERVER),
    "chart": ("tests/chart",),
    "frames": ("tests/frames",),
    "cloud": ("tests/cloud",),
    "simulated": ("tests/cloud",),
}
"""Where the tests with a mark are: to look for them among all takes eight seconds."""
REUSED = "VIREO_TEST_KUBECONFIG"
"""Names a control plane that is there already: the quick loop of who works on what the API server refuses."""


@dataclass(frozen=True)
class Tier:
    """`minutes` from cold caches on two cores, and then some."""

    does: str
    minutes: int
    work: Callable[[Work], None]


def lint(work: Work) -> None:
    work.python("lint")


def fast(work: Work) -> None:
    work.pytest(WITHOUT_A_CLUSTER, "--quiet")


def proof_fast(work: Work) -> None:
    work.pytest(WITHOUT_A_CLUSTER, "--quiet", "--hypothesis-profile=proof")


def proof_api(work: Work) -> None:
    _on_a_bare_control_plane(work, "api and proof", FOLDERS["api"])


def proof_cloud(work: Work) -> None:
    marks = "proof and not api"
    sessions = (f"{marks} and not last",), (f"{marks} and last",)
    _in_a_cloud(work, *sessions, without_real_nodes=f"{marks} and not cloud")


def go(work: Work) -> None:
    work.run("go", "test", "./...", folder=DRIVER)


def api(work: Work) -> None:
    """The chart comes last: its policies hold for the whole control plane. Crashes have an API server of their own, and so run beside."""
    _on_a_bare_control_plane(work, "(api or chart) and not proof", OWN_SERVER, (*SHARED_SERVER, *FOLDERS["chart"]))


def frames(work: Work) -> None:
    """Not captured: what builds the guest shows how far it is."""
    work.pytest("frames", *FOLDERS["frames"], "--verbose", "--capture=no")


def cloud(work: Work) -> None:
    """In two halves side by side, since in a cloud much time is spent waiting for guests; then those that disturb others, and last what
    looks back at all of it."""
    short = "(cloud or simulated) and not proof"
    halves = f"{short} and not beside and not alone and not last", f"{short} and beside"
    sessions = halves, (f"{short} and alone",), (f"{short} and last",)
    _in_a_cloud(work, *sessions, without_real_nodes="simulated and not proof")


def _in_a_cloud(work: Work, *sessions: Sequence[str], without_real_nodes: str) -> None:
    """Session after session, the tests with these marks side by side; where there are no real nodes, those with the other marks."""
    with cloud_in_force(work) as environment:
        if not Settings.running({**os.environ, **environment}).real_nodes:
            why, sessions = "; ".join(needs.missing()) or "VIREO_REAL_NODES=0", ((without_real_nodes,),)
            work.say(f"no real nodes ({why}): left out are the tests in which a real guest boots")
        options = (*FOLDERS["cloud"], "--verbose", "--durations=15")
        for marks in sessions:
            work.side_by_side(*(partial(work.pytest, one, *options, environment=environment) for one in marks))


def _on_a_bare_control_plane(work: Work, marks: str, *sessions: Sequence[str]) -> None:
    """The tests with these marks in each session's folders, the sessions side by side."""
    with _bare_control_plane(work) as environment:
        options = ("--quiet", "--durations=10")
        work.side_by_side(*(partial(work.pytest, marks, *one, *options, environment=environment) for one in sessions))


@contextmanager
def _bare_control_plane(work: Work) -> Iterator[Mapping[str, str]]:
    if os.environ.get(REUSED):
        yield {}
        return
    with own_cloud(work, BARE) as environment:
        yield {**environment, REUSED: kubeconfig(environment)}


TIERS: Mapping[str, Tier] = {
    "lint": Tier("the rules of the house", 55, lint),
    "fast": Tier("what needs no cluster", 25, fast),
    "go": Tier("the CSI driver's own tests", 15, go),
    "api": Tier("against a real API server, without nodes: the kinds, the reconcile, the chart", 55, api),
    "frames": Tier("what a switch's ports hear of each other, in a guest with the real bridge plugin", 20, frames),
    "cloud": Tier("the whole cloud: real guests on real nodes", 58, cloud),
}
LONG: Mapping[str, Tier] = {
    "proof-fast": Tier("what needs no cluster, with twenty times the examples", 60, proof_fast),
    "proof-api": Tier("every case, killed at every write; every order of deletion", 90, proof_api),
    "proof-cloud": Tier(
        "a cloud left alone, kills in it, Vireo upgraded and taken away, a second cloud, its guest", 85, proof_cloud
    ),
}
"""Run only when they are asked for."""
ALL = {**TIERS, **LONG}
IN_THE_CLOUD, ON_A_BARE_CONTROL_PLANE = frozenset({"cloud", "proof-cloud"}), frozenset({"api", "proof-api"})
LANES: Sequence[frozenset[str]] = (
    frozenset(ALL) - IN_THE_CLOUD - ON_A_BARE_CONTROL_PLANE,
    ON_A_BARE_CONTROL_PLANE,
    IN_THE_CLOUD,
)
"""What runs side by side."""


def log_of(name: str) -> Path:
    """Where a tier's output is kept."""
    return CHECKOUT / ".tiers" / f"{name}.log"
