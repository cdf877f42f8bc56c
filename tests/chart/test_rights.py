"""The operator's rights are what its code uses, and nothing else: computed from the kinds and from what their cases do."""

from collections.abc import Iterator

import pytest
from api.server import Server
from chart.helm import Helm
from kinds.test_cases import CASES, read_case

from vireo.api.reconcile import Apply, Call, Create, Delete, SetFinalizer, Step
from vireo.api.resources import EVENT, SECRET, Resource
from vireo.kinds import KINDS
from vireo.reconcile.plan import plan

pytestmark = pytest.mark.chart

Right = tuple[str, str, str]
"""The group, the resource (with its subresource), the verb."""
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
READ = ("get", "list", "watch")


def rights(resource: Resource, *verbs: str, subresource: str = "") -> set[Right]:
    name = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return {(resource.group, name, verb) for verb in verbs}


def used() -> set[Right]:
    """What the code does."""
    found = rights(SECRET, "get") | rights(EVENT, "list", "create") | rights(CRDS, "list", "watch")
    for kind in KINDS:
        found |= rights(kind.resource, *READ) | rights(kind.resource, "patch", subresource="status")
        if kind.singleton:
            found |= rights(kind.resource, "create")
        for watch in kind.watches:
            found |= rights(watch.resource, *READ)
    for folder in CASES:
        case = read_case(folder)
        for step in plan(case.observed, case.desired, {}):
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
def granted(helm: Helm) -> set[Right]:
    role = next(
        one for one in helm.rendered() if one["kind"] == "ClusterRole" and one["metadata"]["name"] == "vireo-operator"
    )
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_everything_that_the_code_does_is_granted(granted: set[Right]) -> None:
    assert sorted(used() - granted) == []


def test_nothing_else_is_granted(granted: set[Right]) -> None:
    assert sorted(granted - used()) == []


@pytest.mark.parametrize(
    ("verb", "group", "resource", "allowed"),
    [
        ("list", "vireo.dev", "virtualmachines", True),
        ("create", "", "persistentvolumeclaims", True),
        ("get", "", "secrets", True),
        ("list", "", "secrets", False),
        ("patch", "coordination.k8s.io", "leases", False),
        ("create", "", "pods", False),
        ("delete", "vireo.dev", "virtualdisks", False),
        ("delete", "apiextensions.k8s.io", "customresourcedefinitions", False),
        ("create", "rbac.authorization.k8s.io", "clusterrolebindings", False),
    ],
)
def test_the_api_server_sees_it_the_same_way(
    installed: Server, verb: str, group: str, resource: str, allowed: bool
) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:vireo:vireo-operator",
            "resourceAttributes": {"verb": verb, "group": group, "resource": resource, "namespace": "shop"},
        },
    }
    answer = installed.must("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    assert answer.body["status"]["allowed"] == allowed
