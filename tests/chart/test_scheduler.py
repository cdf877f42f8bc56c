"""The chart's scheduler: kube-scheduler takes its configuration, works with its rights, and the parts around it fit."""

import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from api.server import Server
from chart import scheduling
from chart.helm import NAMESPACE, Helm, Object
from support.waiting import until

pytestmark = pytest.mark.chart

MONITORS = "monitoring.coreos.com/v1/ServiceMonitor"


def named(shown: list[Object], kind: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one for one in shown if one["kind"] == kind}


def containers(shown: list[Object], name: str) -> dict[str, Any]:
    found = named(shown, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one for one in found}


def test_kube_scheduler_takes_the_configuration(helm: Helm, kubeconfig: str, tmp_path: Path) -> None:
    file = tmp_path / "taken.yaml"
    command = [*scheduling.command(helm, kubeconfig, tmp_path), "--secure-port=0", f"--write-config-to={file}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    taken = yaml.safe_load(file.read_text())
    (profile,) = taken["profiles"]
    assert profile["schedulerName"] == "vireo-scheduler"
    plugins = profile["plugins"]
    unscored = {one["name"] for one in plugins["score"]["disabled"]}
    assert unscored == {"NodeResourcesFit", "NodeResourcesBalancedAllocation", "ImageLocality"}
    assert unscored < {one["name"] for one in plugins["multiPoint"]["enabled"]}, "they go on with all else"
    assert "disabled" not in plugins["filter"]
    (extender,) = taken["extenders"]
    assert extender == {
        "urlPrefix": "http://127.0.0.1:8899",
        "prioritizeVerb": "prioritize",
        "weight": 2,
        "nodeCacheCapable": True,
        "ignorable": True,
        "httpTimeout": "200ms",
    }
    assert (taken["clientConnection"]["qps"], taken["clientConnection"]["burst"]) == (100, 200)
    lease = taken["leaderElection"]
    assert (lease["resourceName"], lease["resourceNamespace"]) == ("vireo-scheduler", NAMESPACE)


def test_it_places_with_its_own_rights_what_names_it_and_fits_also_without_its_extender(
    installed: Server, helm: Helm, kubeconfig: str, shop: str, tmp_path: Path
) -> None:
    name, path = f"node-{shop}", f"/api/v1/namespaces/{shop}/pods"
    fits, too_large = scheduling.pod("fits", cpu="1"), scheduling.pod("too-large", cpu="3")
    log = tmp_path / "log"
    with (
        scheduling.node(installed, name, cpu="2", memory="1Gi"),
        scheduling.pods(installed, shop, fits, too_large),
        scheduling.running(scheduling.command(helm, kubeconfig, tmp_path), log),
    ):
        until(lambda: scheduling.placed(installed, f"{path}/fits") == name)
        until(lambda: "Insufficient cpu" in scheduling.refusal(installed, f"{path}/too-large"))
        assert installed.must("GET", scheduling.LEASE).body["spec"]["holderIdentity"]
    assert "forbidden" not in log.read_text()


@pytest.mark.parametrize("hangs", [False, True])
def test_its_extender_has_a_say_in_where_a_pod_goes_and_none_in_whether_it_goes(
    installed: Server, helm: Helm, kubeconfig: str, shop: str, tmp_path: Path, hangs: bool
) -> None:
    """By what is requested the large node is the emptier one; who ranks by that would take it."""
    small, large, path = f"small-{shop}", f"large-{shop}", f"/api/v1/namespaces/{shop}/pods/a"
    with (
        scheduling.node(installed, small, cpu="2", memory="2Gi"),
        scheduling.node(installed, large, cpu="64", memory="64Gi"),
        scheduling.pods(installed, shop, scheduling.pod("a", cpu="1", memory="1Gi")),
        scheduling.answering(scheduling.Extender(small, hangs)) as extender,
        scheduling.running(scheduling.command(helm, kubeconfig, tmp_path, extender.url), tmp_path / "log"),
    ):
        until(lambda: bool(scheduling.placed(installed, path)))
        if not hangs:
            assert scheduling.placed(installed, path) == small
    (asked,) = extender.asked
    assert (asked["path"], asked["Pod"]["metadata"]["name"]) == ("/prioritize", "a")
    assert (sorted(asked["NodeNames"]), asked["Nodes"]) == ([large, small], None)


def test_the_operator_is_told_of_it_where_it_is(helm: Helm) -> None:
    told = containers(helm.rendered(), "vireo-operator")["operator"]["args"]
    assert told == ["run", "--scheduler-name=vireo-scheduler"]
    without = helm.rendered("--set", "scheduler.enabled=false")
    assert containers(without, "vireo-operator")["operator"]["args"] == ["run"]
    assert [one for one in without if one["metadata"]["labels"]["app.kubernetes.io/component"] == "scheduler"] == []


@pytest.mark.parametrize(
    ("options", "image"),
    [
        (["--kube-version=v1.36.3"], "registry.local/kube-scheduler:v1.36.3"),
        (["--kube-version=v1.32.1+k3s1"], "registry.local/kube-scheduler:v1.32.1"),
        (["--kube-version=v1.31.4-gke.1183000"], "registry.local/kube-scheduler:v1.31.4"),
        (["--set=scheduler.image.tag=v1.36.0"], "registry.local/kube-scheduler:v1.36.0"),
        ([f"--set=scheduler.image.digest=sha256:{'0' * 64}"], f"registry.local/kube-scheduler@sha256:{'0' * 64}"),
    ],
)
def test_it_is_of_the_version_of_the_cluster_unless_another_is_named(
    helm: Helm, options: list[str], image: str
) -> None:
    assert containers(helm.rendered(*options), "vireo-scheduler")["scheduler"]["image"] == image


def test_an_extender_that_hangs_ends_within_about_ten_seconds(helm: Helm) -> None:
    probe = containers(helm.rendered(), "vireo-scheduler")["extender"]["livenessProbe"]
    until_it_ends = probe["failureThreshold"] * probe["timeoutSeconds"] + probe["terminationGracePeriodSeconds"]
    assert until_it_ends + probe["periodSeconds"] <= 11


def test_another_configuration_rolls_it_out(helm: Helm) -> None:
    shown = helm.rendered()
    config = named(shown, "ConfigMap")["vireo-scheduler"]["data"]["config.yaml"]
    annotations = named(shown, "Deployment")["vireo-scheduler"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["vireo.dev/config"] == sha256(config.rstrip().encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("option", "budgets"),
    [
        ("replicas=2", {"vireo-operator", "vireo-admission", "vireo-scheduler"}),
        ("replicas=1", {"vireo-admission", "vireo-scheduler"}),
        ("admission.enabled=false", {"vireo-operator", "vireo-scheduler"}),
        ("scheduler.replicas=1", {"vireo-operator", "vireo-admission"}),
    ],
)
def test_a_node_that_is_emptied_takes_one_of_several_at_a_time(helm: Helm, option: str, budgets: set[str]) -> None:
    assert named(helm.rendered("--set", option), "PodDisruptionBudget").keys() == budgets


def test_with_network_policies_what_is_served_is_reached_and_nothing_else(installed: Server, helm: Helm) -> None:
    shown = helm.rendered("--set", "networkPolicy.enabled=true")
    policies = named(shown, "NetworkPolicy")
    for name, policy in policies.items():
        path = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
        assert installed.ask("POST", path, policy, dryRun="All").code == 201
        served = {port["name"] for one in containers(shown, name).values() for port in one["ports"]}
        (ingress,) = policy["spec"]["ingress"]
        assert {port["port"] for port in ingress["ports"]} == served
    assert policies.keys() == named(shown, "Deployment").keys()
    assert named(helm.rendered(), "NetworkPolicy") == {}


def test_the_prometheus_operator_is_told_of_every_pod_where_it_is(installed: Server, helm: Helm) -> None:
    asked = ["--set=serviceMonitor.enabled=true,serviceMonitor.labels.release=prometheus", f"--api-versions={MONITORS}"]
    shown = helm.rendered(*asked)
    (monitor,) = named(shown, "ServiceMonitor").values()
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    service = named(shown, "Service")["vireo-metrics"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert installed.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/services", service, dryRun="All").code == 201
    for deployment in named(shown, "Deployment").values():
        pod = deployment["spec"]["template"]
        assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ports = [port["name"] for one in pod["spec"]["containers"] for port in one["ports"]]
        assert ports.count(monitor["spec"]["endpoints"][0]["port"]) == 1
    for options in (asked[:1], asked[1:]):
        assert not named(helm.rendered(*options), "ServiceMonitor")
