"""deploy/base as a user applies it, and as ArgoCD compares it, beside what the chart installs."""

import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import yaml
from api.server import Server
from chart.argocd import MANAGER, PROJECT, Applied, differences
from chart.helm import CHART, NAMESPACE, Helm
from chart.webhook import CERTIFICATE, CONFIGURATION, Replica, as_its_pod
from support.waiting import until

from cloud.build import binary
from cloud.build.versions import KUBERNETES
from generate.manifests import CAPABILITIES

pytestmark = pytest.mark.chart

Object = Mapping[str, Any]
BASE: Final = ("-k", str(PROJECT / "deploy/base"))
APPLY: Final = ("apply", *BASE, "--server-side", "--force-conflicts", f"--field-manager={MANAGER}")
SHOWN: Final = ("--output=yaml", "--show-managed-fields")
DEPLOYMENTS: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


@pytest.fixture(scope="module")
def served(
    installed: Server, helm: Helm, control_plane: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The chart by its defaults, whatever others made of it; the webhook has made its certificate and has told the API server of it."""
    helm.install("--reset-values")
    folder = tmp_path_factory.mktemp("webhook")
    replica = Replica(as_its_pod(installed, control_plane, folder / "kubeconfig"), folder / "log")
    try:
        replica.start()
        until(lambda: "caBundle" in installed.must("GET", CONFIGURATION).body["webhooks"][0]["clientConfig"])
        yield installed
    finally:
        replica.stop()


def kubectl(kubeconfig: str, *arguments: str) -> str:
    command = [str(binary("kubectl")), f"--kubeconfig={kubeconfig}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def everything(text: str) -> list[Object]:
    """What kubectl prints of several objects."""
    items: list[Object] = yaml.safe_load(text)["items"]
    return items


def named(thing: Object) -> tuple[str, str]:
    return thing["kind"], thing["metadata"]["name"]


def test_it_is_accepted_where_the_chart_was_installed_and_rolls_nothing_out(served: Server, control_plane: str) -> None:
    def specs() -> dict[str, Object]:
        return {one["metadata"]["name"]: one["spec"] for one in served.must("GET", DEPLOYMENTS).body["items"]}

    before = specs()
    kubectl(control_plane, *APPLY)
    assert specs() == before


def test_it_holds_all_that_the_chart_makes_and_the_namespace(helm: Helm, control_plane: str) -> None:
    chart = helm(
        "template", "vireo", str(CHART), "--kube-version", KUBERNETES, "--api-versions", ",".join(CAPABILITIES)
    )
    wanted = {named(one) for one in yaml.safe_load_all(chart) if one} | {("Namespace", NAMESPACE)}
    assert {named(one) for one in yaml.safe_load_all(kubectl(control_plane, "kustomize", BASE[1]))} == wanted


def test_argocd_calls_nothing_of_it_out_of_sync_once_the_webhook_has_written_its_certificate(
    served: Server, control_plane: str
) -> None:
    kubectl(control_plane, *APPLY)
    configs = [one for one in yaml.safe_load_all(kubectl(control_plane, "kustomize", BASE[1])) if one]
    lives = everything(kubectl(control_plane, "get", *BASE, *SHOWN))
    runs = everything(kubectl(control_plane, *APPLY, *SHOWN, "--dry-run=server"))
    applied = [Applied(*three) for three in zip(configs, lives, runs, strict=True)]
    assert all(named(one.config) == named(one.live) == named(one.dry_run) for one in applied)
    assert differences(control_plane, applied) == {}
    assert served.must("GET", CERTIFICATE).body["data"]
