"""Users of a namespace, each with the rights that a test gives it and no others."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.server import Server

RBAC = "/apis/rbac.authorization.k8s.io/v1"


def invite(server: Server, namespace: str, users: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Makes the namespace, and a Role with its binding for each user."""
    server.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    for user, rules in users.items():
        server.must("POST", f"{RBAC}/namespaces/{namespace}/roles", {"metadata": {"name": user}, "rules": rules})
        bind(server, namespace, user, {"kind": "Role", "name": user})


def bind(server: Server, namespace: str, user: str, role: Mapping[str, str]) -> None:
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    reference = {**role, "apiGroup": "rbac.authorization.k8s.io"}
    binding = {"metadata": {"name": user}, "subjects": [subject], "roleRef": reference}
    server.must("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", binding)
