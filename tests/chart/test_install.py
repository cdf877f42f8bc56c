"""What the chart makes, as a real API server takes it; and what stays when it goes."""

import pytest
from api.server import Answer, Server
from chart.helm import NAMESPACE, Helm, Object, RefusedError
from support.waiting import until

pytestmark = pytest.mark.chart

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/platforms.vireo.dev"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/vireo-operator"


@pytest.mark.parametrize("component", ["operator", "admission", "scheduler"])
def test_its_pods_are_accepted_where_pod_security_is_restricted(installed: Server, component: str) -> None:
    def pods() -> list[Object]:
        found: list[Object] = installed.must(
            "GET", PODS, labelSelector=f"app.kubernetes.io/component={component}"
        ).body["items"]
        return found

    until(lambda: bool(pods()))
    pod = pods()[0]["spec"]
    assert pod["serviceAccountName"] == f"vireo-{component}"
    assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in pod["containers"])


def test_everything_of_vireo_carries_its_labels(helm: Helm) -> None:
    for one in helm.rendered():
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "vireo", one["metadata"]["name"]


def test_an_upgrade_that_changes_nothing_rolls_nothing_out(installed: Server, helm: Helm) -> None:
    before = installed.must("GET", DEPLOYMENT).body["metadata"]["generation"]
    helm.install()
    assert installed.must("GET", DEPLOYMENT).body["metadata"]["generation"] == before


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("replicas=6", "replicas"),
        ("image.repository=", "repository"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("image.digest=latest", "digest"),
        ("replica=1", "replica"),
        ("admission.replicas=0", "replicas"),
        ("admission.certManager.issuerRef.kin=Issuer", "issuerRef"),
        ("scheduler.replicas=-1", "replicas"),
        ("scheduler.extender.timeout=soon", "timeout"),
        ("scheduler.image.digest=latest", "digest"),
        ("scheduler.extender.memory=1Gi", "extender"),
        ("serviceMonitor.labels.release=1", "release"),
    ],
)
def test_a_value_that_can_not_be_meant_is_refused_by_name(helm: Helm, setting: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        helm.rendered("--set", setting)


def test_a_digest_wins_over_a_tag(helm: Helm) -> None:
    digest = f"sha256:{'0' * 64}"
    shown = helm.rendered("--set", f"image.tag=v1,image.digest={digest}")
    deployment = next(one for one in shown if one["kind"] == "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == f"registry.local/vireo@{digest}"


def test_a_crd_is_deleted_only_when_it_is_annotated_for_that(installed: Server) -> None:
    answer: Answer = installed.ask("DELETE", CRD, dryRun="All")

    def refused() -> bool:
        nonlocal answer
        answer = installed.ask("DELETE", CRD, dryRun="All")
        return answer.code == 403

    until(refused)  # a policy is in force a moment after it was made
    assert "every Platform of the cluster would be deleted" in str(answer)
    assert "kubectl annotate crd platforms.vireo.dev vireo.dev/allow-delete=true" in str(answer)
    installed.must("PATCH", CRD, annotated("true"), "application/merge-patch+json")
    try:
        until(lambda: installed.ask("DELETE", CRD, dryRun="All").code == 200)
    finally:
        installed.must("PATCH", CRD, annotated(None), "application/merge-patch+json")


def test_what_holds_objects_stays_when_the_chart_goes(installed: Server, helm: Helm) -> None:
    helm("uninstall", "vireo", "--wait")
    try:
        assert installed.ask("GET", DEPLOYMENT).code == 404
        assert installed.ask("GET", CRD).code == 200
        assert installed.ask("DELETE", CRD, dryRun="All").code == 403  # the guard stays with what it guards
    finally:
        helm.install()


def annotated(value: str | None) -> dict[str, object]:
    return {"metadata": {"annotations": {"vireo.dev/allow-delete": value}}}
