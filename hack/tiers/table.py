"""The tiers, in their order: what each does and how long it may take."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.nodes import needs
from cloud.settings import CHECKOUT, Settings
from tiers.clouds import BARE, cloud_in_force, kubeconfig, own_cloud
from tiers.work import Work

DRIVER = CHECKOUT / "hack/cloud/storage/driver"
WITHOUT_A_CLUSTER = "not api and not chart and not frames and not cloud and not simulated and not proof"
FOLDERS = {
    "api": ("tests/api", "tests/crash", "tests/reconcile"),
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
    _on_a_bare_control_plane(work, "api and proof", *FOLDERS["api"], "--quiet")


def proof_cloud(work: Work) -> None:
    _in_a_cloud(work, "proof and not api", without_real_nodes="proof and not api and not cloud")


def go(work: Work) -> None:
    work.run("go", "test", "./...", folder=DRIVER)


def api(work: Work) -> None:
    """The chart comes last: its policies hold for the whole control plane."""
    folders = (*FOLDERS["api"], *FOLDERS["chart"])
    _on_a_bare_control_plane(work, "(api or chart) and not proof", *folders, "--quiet", "--durations=10")


def frames(work: Work) -> None:
    """Not captured: what builds the guest shows how far it is."""
    work.pytest("frames", *FOLDERS["frames"], "--verbose", "--capture=no")


def cloud(work: Work) -> None:
    _in_a_cloud(work, "(cloud or simulated) and not (beside or proof)", without_real_nodes="simulated")


def beside(work: Work) -> None:
    _in_a_cloud(work, "cloud and beside", without_real_nodes="")


def _in_a_cloud(work: Work, marks: str, without_real_nodes: str) -> None:
    """The tests with these marks; where there are no real nodes, those with the other marks, if it has any."""
    with cloud_in_force(work) as environment:
        if not Settings.running({**os.environ, **environment}).real_nodes:
            why, marks = "; ".join(needs.missing()) or "VIREO_REAL_NODES=0", without_real_nodes
            work.say(f"no real nodes ({why}): left out are the tests in which a real guest boots")
        if marks:
            work.pytest(marks, *FOLDERS["cloud"], "--verbose", "--durations=15", environment=environment)


def _on_a_bare_control_plane(work: Work, marks: str, *options: str) -> None:
    if os.environ.get(REUSED):
        work.pytest(marks, *options)
        return
    with own_cloud(work, BARE) as environment:
        work.pytest(marks, *options, environment={**environment, REUSED: kubeconfig(environment)})


TIERS: Mapping[str, Tier] = {
    "lint": Tier("the rules of the house", 30, lint),
    "fast": Tier("what needs no cluster", 10, fast),
    "go": Tier("the CSI driver's own tests", 15, go),
    "api": Tier("against a real API server, without nodes: the kinds, the reconcile, the chart", 40, api),
    "frames": Tier("what a switch's ports hear of each other, in a guest with the real bridge plugin", 20, frames),
    "cloud": Tier("the whole cloud: real guests on real nodes", 58, cloud),
    "beside": Tier("what fills disks, switches and workloads, in a second cloud of real nodes", 58, beside),
}
LONG: Mapping[str, Tier] = {
    "proof-fast": Tier("what needs no cluster, with twenty times the examples", 60, proof_fast),
    "proof-api": Tier("every case, killed at every write; every order of deletion", 90, proof_api),
    "proof-cloud": Tier("a cloud that is left alone, and one that is killed on its way up", 60, proof_cloud),
}
"""Run only when they are asked for."""
ALL = {**TIERS, **LONG}
IN_THE_CLOUD, SECOND = frozenset({"cloud", "proof-cloud"}), frozenset({"beside", "frames"})


def lanes(environment: Mapping[str, str]) -> Sequence[frozenset[str]]:
    """What runs side by side: three of about the same length, since in a cloud much time is spent waiting for guests.

    Where VIREO_CLOUD names the cloud, there is one, and one tier in it after the other.
    """
    others = frozenset(ALL) - IN_THE_CLOUD - SECOND
    return (others, IN_THE_CLOUD | SECOND) if environment.get("VIREO_CLOUD") else (others, IN_THE_CLOUD, SECOND)


def log_of(name: str) -> Path:
    """Where a tier's output is kept."""
    return CHECKOUT / ".tiers" / f"{name}.log"
