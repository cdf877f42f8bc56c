"""The rights of each process are what its code uses, and nothing else: computed from the kinds and from what their cases do."""

from collections.abc import Callable, Iterator

import pytest
from api.server import Server
from chart.helm import NAMESPACE, Helm, Object
from kinds.test_cases import CASES, read_case

from vireo.admission.keeper import WEBHOOKS
from vireo.api.reconcile import Apply, Call, Create, Delete, SetFinalizer, Step
from vireo.api.resources import CALIBRATION, EVENT, KUBEVIRT_INSTANCE, NODE, POD, SECRET, Resource
from vireo.kinds import KINDS
from vireo.reconcile.plan import finished, plan

pytestmark = pytest.mark.chart

Right = tuple[str, str, str]
"""The group, the resource (with its subresource), the verb."""
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
WATCHED = ("list", "watch")


def rights(resource: Resource, *verbs: str, subresource: str = "") -> set[Right]:
    name = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return {(resource.group, name, verb) for verb in verbs}


def looked_at() -> set[Right]:
    """What is read for reviews; and the configuration by which they come."""
    found, kinds = rights(WEBHOOKS, "get", "patch"), {kind.resource: kind for kind in KINDS}
    for kind in (kind for kind in KINDS if kind.admission):
        labelled = {watch.resource for watch in kind.watches if watch.label and watch.parent == kind.resource}
        for resource in kind.admission.looks_at if kind.admission else ():
            if resource in kinds and kinds[resource].singleton:
                found |= {right for watch in kinds[resource].watches for right in rights(watch.resource, "list")}
            else:
                found |= rights(resource, "get", *(["list"] if resource in labelled else []))
    return found


def used() -> set[Right]:
    """What the operator's code does."""
    found = rights(SECRET, "get") | rights(EVENT, "list", "create") | rights(CRDS, "list", "watch")
    found |= rights(CALIBRATION, "get", "create")
    for kind in KINDS:
        found |= rights(kind.resource, *WATCHED) | rights(kind.resource, "patch", subresource="status")
        if kind.singleton:
            found |= rights(kind.resource, "get", "create")
        for watch in kind.watches:
            found |= rights(watch.resource, *WATCHED)
    for folder in CASES:
        case = read_case(folder)
        for step in plan(case.observed, finished(case.observed, case.desired), {}):
            found |= set(of(step, case.kind.resource))
    return found


def of(step: Step, owner: Resource) -> Iterator[Right]:
    """What a step needs, and what may follow from it: who makes a child also corrects it, and reads it before that."""
    match step:
        case Create(child) | Apply(child, _):
            yield from rights(child.resource, "get", "create", "patch")
            if child.owned:  # an owner that blocks its deletion
                yield from rights(owner, "update", subresource="finalizers")
        case Delete(live):
            yield from rights(live.resource, "delete")
        case Call(target=target, patch=True):
            yield from rights(target.resource, "patch")
        case Call(target=target, subresource=subresource):
            yield from rights(target.resource, "update", subresource=subresource)
        case SetFinalizer():
            yield from rights(owner, "patch")


@pytest.fixture(scope="module")
def rendered(helm: Helm) -> list[Object]:
    return helm.rendered()


def granted(rendered: list[Object], name: str, kind: str = "ClusterRole") -> set[Right]:
    role = next(one for one in rendered if one["kind"] == kind and one["metadata"]["name"] == name)
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


PROCESSES = [("vireo-operator", used), ("vireo-admission", looked_at)]


@pytest.mark.parametrize(("process", "does"), PROCESSES)
def test_everything_that_the_code_does_is_granted(
    rendered: list[Object], process: str, does: Callable[[], set[Right]]
) -> None:
    assert sorted(does() - granted(rendered, process)) == []


@pytest.mark.parametrize(("process", "does"), PROCESSES)
def test_nothing_else_is_granted(rendered: list[Object], process: str, does: Callable[[], set[Right]]) -> None:
    assert sorted(granted(rendered, process) - does()) == []


def test_the_webhook_writes_its_own_secret_and_its_own_configuration_and_nothing_else(rendered: list[Object]) -> None:
    roles = [one for one in rendered if one["kind"].endswith("Role") and one["metadata"]["name"] == "vireo-admission"]
    writing = [rule for role in roles for rule in role["rules"] if set(rule["verbs"]) - {"get", "list"}]
    assert [rule["resources"] for rule in writing] == [["validatingwebhookconfigurations"], ["secrets"]]
    assert all(rule["resourceNames"] == ["vireo-admission"] for rule in writing)


def test_the_extender_reads_what_its_table_is_made_of_and_nothing_else(rendered: list[Object]) -> None:
    loads = rights(NODE, *WATCHED) | rights(POD, *WATCHED) | rights(KUBEVIRT_INSTANCE, *WATCHED)
    measured = {("metrics.k8s.io", resource, "list") for resource in ("nodes", "pods")}
    assert granted(rendered, "vireo-scheduler") == loads | measured


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ({"verb": "create", "resource": "pods", "subresource": "binding"}, True),
        ({"verb": "patch", "resource": "pods", "subresource": "status"}, True),
        ({"verb": "update", "resource": "persistentvolumeclaims"}, True),
        ({"verb": "update", "group": "coordination.k8s.io", "resource": "leases", "name": "vireo-scheduler"}, True),
        ({"verb": "update", "group": "coordination.k8s.io", "resource": "leases", "name": "vireo-operator"}, False),
        ({"verb": "patch", "group": "kubevirt.io", "resource": "virtualmachineinstances"}, False),
        ({"verb": "list", "resource": "secrets"}, False),
    ],
)
def test_the_scheduler_may_do_what_the_clusters_own_may_with_a_lease_of_its_own(
    installed: Server, asked: dict[str, str], allowed: bool
) -> None:
    assert may(installed, "vireo-scheduler", {**asked, "namespace": NAMESPACE}) == allowed


def may(server: Server, account: str, attributes: dict[str, str]) -> bool:
    """Whether the API server lets the service account of the chart."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{NAMESPACE}:{account}", "resourceAttributes": attributes},
    }
    answer = server.must("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer.body["status"]["allowed"])


@pytest.mark.parametrize(
    ("verb", "group", "resource", "allowed"),
    [
        ("list", "vireo.dev", "virtualmachines", True),
        ("create", "", "persistentvolumeclaims", True),
        ("create", "apps", "deployments", True),
        ("get", "", "secrets", True),
        ("list", "", "secrets", False),
        ("patch", "coordination.k8s.io", "leases", False),
        ("create", "", "pods", False),
        ("patch", "apps", "replicasets", False),
        ("delete", "vireo.dev", "virtualdisks", False),
        ("delete", "apiextensions.k8s.io", "customresourcedefinitions", False),
        ("create", "rbac.authorization.k8s.io", "clusterrolebindings", False),
    ],
)
def test_the_api_server_sees_it_the_same_way(
    installed: Server, verb: str, group: str, resource: str, allowed: bool
) -> None:
    asked = {"verb": verb, "group": group, "resource": resource, "namespace": "shop"}
    assert may(installed, "vireo-operator", asked) == allowed
