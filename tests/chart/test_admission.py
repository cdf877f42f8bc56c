"""The webhook as a user meets it: on a real API server, installed by the chart, with no rights but the chart's."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from api.server import MERGE, Server
from chart.helm import NAMESPACE, Helm
from chart.shop import FIXED, Shop, opened
from chart.webhook import CERTIFICATE, CONFIGURATION, Replica, as_its_pod, asked_at
from support.user import disk, machine, operation
from support.waiting import until

from vireo.api.resources import STORAGE_CLASS, VIRTUAL_DISK
from vireo.kinds import KINDS

pytestmark = pytest.mark.chart

OPERATOR = f"system:serviceaccount:{NAMESPACE}:vireo-operator"


@pytest.fixture(scope="module")
def replica(installed: Server, control_plane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("admission")
    replica = Replica(as_its_pod(installed, control_plane, folder / "kubeconfig"), folder / "log")
    with asked_at(installed, replica.url):
        replica.start()
        yield replica
        replica.stop()


@pytest.fixture(scope="module")
def shop(installed: Server, control_plane: str, replica: Replica) -> Iterator[Shop]:
    with opened(installed, control_plane, replica) as shop:
        yield shop


def test_kubectl_prints_the_warning_and_applies(shop: Shop) -> None:
    done = shop.kubectl("apply", given=disk("typo", datastore="none-such"))
    assert done.returncode == 0
    assert "virtualdisk.vireo.dev/typo created" in done.stdout
    words = f"Warning: VirtualDisk {shop.namespace}/typo: StorageClass none-such does not exist. Make it, or name one in spec.datastore"
    assert words in done.stderr


def test_a_datastore_of_a_moment_ago_is_known(shop: Shop) -> None:
    name = f"new-{shop.namespace}"
    made = {"metadata": {"name": name}, "provisioner": "tests.vireo.dev/by-hand"}
    shop.server.must("POST", STORAGE_CLASS.path(), {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **made})
    try:
        assert shop.try_to_make(disk("a", datastore=name)).warnings == ()
    finally:
        shop.server.must("DELETE", STORAGE_CLASS.path(name=name))


def test_a_refused_update_names_the_field_and_the_way_out_and_the_object_stays_as_it_was(shop: Shop) -> None:
    before = shop.disk
    done = shop.kubectl("apply", "--server-side", "--force-conflicts", given=disk("data", datastore=FIXED, size="2Gi"))
    assert done.returncode == 1
    assert 'The VirtualDisk "data" is invalid: spec.size: ExpansionUnsupported:' in done.stderr
    assert "Set spec.size back to 1Gi, or make a larger disk" in done.stderr
    assert shop.disk == before


def test_what_is_refused_is_refused_with_its_field(shop: Shop) -> None:
    answer = shop.change(datastore="another")
    assert answer.code == 422
    assert [cause.field for cause in answer.causes] == ["spec.datastore"]


def test_an_update_of_something_else_is_taken(shop: Shop) -> None:
    assert shop.change(deletionPolicy="Delete").code == 200
    assert shop.change(deletionPolicy="Retain").code == 200


def test_without_kubevirt_a_machine_is_told_so(shop: Shop) -> None:
    answer = shop.try_to_make(machine("a"))
    assert answer.code == 201
    assert any("KubeVirt is not installed" in warning for warning in answer.warnings)


def test_a_restore_that_can_not_be_is_told_so(shop: Shop) -> None:
    undo = operation("undo", "data", "Restore", restore={"snapshot": "then"})
    until(lambda: shop.try_to_make(undo).code == 201)  # the policy that says who asked knows a new CRD a moment later
    (said,) = shop.try_to_make(undo).warnings
    assert f"StorageClass {FIXED} has no snapshots" in said


def test_what_vireo_writes_and_what_changes_no_spec_is_not_asked_about(shop: Shop) -> None:
    def reviews() -> int:
        return sum(shop.replica.reviews(outcome) for outcome in ("allowed", "warned", "refused", "unknown"))

    path, before = VIRTUAL_DISK.path(shop.namespace, "data"), reviews()
    shop.server.must("PATCH", path, {"metadata": {"labels": {"team": "web"}}}, MERGE)
    shop.server.must("PATCH", path, {"metadata": {"finalizers": ["vireo.dev/orderly-end"]}}, MERGE)
    shop.server.must("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)
    shop.server.must("PATCH", f"{path}/status", {"status": {"observedGeneration": 1}}, MERGE)
    operator = shop.server.as_user(OPERATOR)
    operator.must("PATCH", path, {"spec": {"deletionPolicy": "Delete"}}, MERGE)
    operator.must("PATCH", path, {"spec": {"deletionPolicy": "Retain"}}, MERGE)
    assert reviews() == before
    assert shop.change(deletionPolicy="Retain", binding="OnFirstUse").code == 200
    assert reviews() == before + 1


def test_what_ends_is_not_asked_about(shop: Shop) -> None:
    path = VIRTUAL_DISK.path(shop.namespace)
    ending = disk("ending", datastore=FIXED)
    ending["metadata"]["finalizers"] = ["tests.vireo.dev/wait"]
    shop.server.must("POST", path, ending)
    ends = shop.server.must("DELETE", f"{path}/ending").body["metadata"]["resourceVersion"]
    shop.server.must(
        "GET", f"{path}/ending", resourceVersion=ends
    )  # a patch begins with what the API server has cached, which may be older
    before = shop.replica.reviews("warned")
    assert shop.server.ask("PATCH", f"{path}/ending", {"spec": {"datastore": "none-such"}}, MERGE).warnings == ()
    shop.server.must("PATCH", f"{path}/ending", {"metadata": {"finalizers": None}}, MERGE)
    assert shop.replica.reviews("warned") == before


def test_while_it_is_away_everything_is_applied_without_a_word(shop: Shop) -> None:
    shop.replica.stop()
    try:
        answer = shop.try_to_make(disk("a", datastore="none-such"))
        assert (answer.code, answer.warnings) == (201, ())
        assert shop.change(size="2Gi").code == 200  # the status will say what the webhook would have
    finally:
        shop.replica.start()
    words = shop.change(deletionPolicy="Delete")
    assert words.code == 200  # what is so already is not held against another change
    assert any("has no allowVolumeExpansion" in warning for warning in words.warnings)
    assert shop.change(size="1Gi", deletionPolicy="Retain").code == 200  # nor against its being taken back


def test_two_replicas_share_a_certificate_and_a_settled_one_writes_nothing(shop: Shop) -> None:
    def versions() -> list[str]:
        return [
            shop.server.must("GET", path).body["metadata"]["resourceVersion"] for path in (CERTIFICATE, CONFIGURATION)
        ]

    before = versions()
    other = Replica(shop.replica.kubeconfig, shop.replica.log.with_name("other.log"))
    other.start()
    try:
        assert other.certificate == shop.replica.certificate
        assert versions() == before
    finally:
        other.stop()


def test_an_upgrade_leaves_the_certificate_and_its_authority_as_they_are(shop: Shop, helm: Helm) -> None:
    def kept() -> tuple[Any, Any]:
        configuration = shop.server.must("GET", CONFIGURATION).body
        return configuration["webhooks"][0]["clientConfig"]["caBundle"], shop.server.must("GET", CERTIFICATE).body[
            "data"
        ]

    before, url = kept(), shop.server.must("GET", CONFIGURATION).body["webhooks"][0]["clientConfig"]["url"]
    client = {"op": "replace", "path": "/webhooks/0/clientConfig", "value": {"caBundle": before[0], **_service()}}
    shop.server.must("PATCH", CONFIGURATION, [client], "application/json-patch+json")
    try:
        helm.install("--set", "admission.replicas=3,image.tag=another")
        assert kept() == before
        helm.install()
        assert kept() == before
    finally:
        client["value"] = {"caBundle": before[0], "url": url}
        shop.server.must("PATCH", CONFIGURATION, [client], "application/json-patch+json")


def _service() -> Mapping[str, Any]:
    return {"service": {"name": "vireo-admission", "namespace": NAMESPACE, "path": "/review", "port": 443}}


def test_nothing_went_wrong_in_the_process(shop: Shop) -> None:
    assert "Traceback" not in shop.replica.log.read_text()


def test_the_api_server_asks_about_the_kinds_that_have_something_to_say(helm: Helm) -> None:
    found = next(one for one in helm.rendered() if one["kind"] == "ValidatingWebhookConfiguration")
    asked = {resource for rule in found["webhooks"][0]["rules"] for resource in rule["resources"]}
    assert asked == {kind.resource.plural for kind in KINDS if kind.admission}


def test_with_cert_manager_nothing_is_written_by_us(helm: Helm) -> None:
    shown = helm.rendered("--set", "admission.certManager.enabled=true")
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in shown}
    configuration = by_name["ValidatingWebhookConfiguration", "vireo-admission"]
    assert configuration["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": f"{NAMESPACE}/vireo-admission"
    }
    assert ("Secret", "vireo-admission") not in by_name
    secret = by_name["Certificate", "vireo-admission"]["spec"]["secretName"]
    container = by_name["Deployment", "vireo-admission"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["admission", f"--secret={secret}", "--certificates=given"]
    roles = [
        one for one in shown if one["kind"] in {"Role", "ClusterRole"} and one["metadata"]["name"] == "vireo-admission"
    ]
    assert all(verb in {"get", "list"} for role in roles for rule in role["rules"] for verb in rule["verbs"])


def test_an_issuer_of_ones_own_takes_the_place_of_ours(helm: Helm) -> None:
    set_json = 'admission.certManager={"enabled":true,"issuerRef":{"kind":"ClusterIssuer","name":"internal"}}'
    shown = helm.rendered("--set-json", set_json)
    certificates = [one for one in shown if one["apiVersion"] == "cert-manager.io/v1"]
    assert [one["spec"]["issuerRef"]["name"] for one in certificates] == ["internal"]


def test_it_can_be_left_out(helm: Helm) -> None:
    shown = helm.rendered("--set", "admission.enabled=false")
    assert not [one for one in shown if "admission" in one["metadata"]["labels"]["app.kubernetes.io/component"]]
