"""Rights that are granted, and those that were seen used, as the cloud's report counts them."""

from typing import Any

from cloud.rights import Right, Seen, granted, seen

RULES = [
    {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["list"]},
    {"apiGroups": ["kubevirt.io"], "resources": ["virtualmachines/start"], "verbs": ["update"]},
]


def binding(kind: str, role: str) -> dict[str, Any]:
    reference = {"kind": kind, "name": role}
    return {"kind": f"{kind}Binding", "metadata": {"name": role}, "roleRef": reference, "subjects": [{"name": "a"}]}


def event(user: str, decision: str = "allow", **about: str) -> dict[str, Any]:
    reference = {"objectRef": about} if about else {}
    annotations = {"authorization.k8s.io/decision": decision}
    return {"user": {"username": user}, "verb": "list", "annotations": annotations, **reference}


def test_a_right_is_counted_for_each_resource_and_verb_of_a_role_that_is_bound() -> None:
    roles = [{"kind": "ClusterRole", "metadata": {"name": name}, "rules": RULES} for name in ("bound", "unbound")]
    assert granted([*roles, binding("ClusterRole", "bound")]) == {
        Right("a", "", "pods", "list"),
        Right("a", "", "nodes", "list"),
        Right("a", "kubevirt.io", "virtualmachines/start", "update"),
    }


def test_a_role_that_the_chart_does_not_write_is_left_out() -> None:
    assert granted([binding("ClusterRole", "system:kube-scheduler")]) == frozenset()


def test_what_roles_and_cluster_roles_of_one_name_grant_is_not_mixed_up() -> None:
    role = {"kind": "Role", "metadata": {"name": "one"}, "rules": RULES[:1]}
    assert granted([role, binding("ClusterRole", "one")]) == frozenset()
    assert len(granted([role, binding("Role", "one")])) == 2


def test_what_others_ask_for_is_not_seen_nor_what_is_no_resource() -> None:
    events = [event("vireo-admin", resource="pods"), event("system:serviceaccount:vireo:vireo-operator")]
    assert seen(events) == Seen(frozenset(), frozenset())


def test_what_was_used_and_what_was_refused_are_told_apart() -> None:
    user = "system:serviceaccount:vireo:vireo-operator"
    events = [
        event(user, resource="virtualmachines", subresource="start", apiGroup="kubevirt.io"),
        event(user, "forbid", resource="secrets"),
    ]
    assert seen(events) == Seen(
        used=frozenset({Right("vireo-operator", "kubevirt.io", "virtualmachines/start", "list")}),
        refused=frozenset({Right("vireo-operator", "", "secrets", "list")}),
    )
