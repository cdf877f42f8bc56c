"""The rights that the chart gives Vireo's service accounts, and which of them a cloud has seen used: `python -m cloud.rights`.

It needs a cloud whose audit log says reads too (VIREO_AUDIT=reads). What the chart binds but does not write itself, the cluster's own roles
for schedulers (system:kube-scheduler, system:volume-scheduler), is left out: it is as large as upstream makes it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cloud import audit, vireo
from cloud.api import Object, documents
from cloud.audit import Event
from cloud.settings import Settings
from cloud.steps import Failure

ACCOUNT = f"system:serviceaccount:{vireo.NAMESPACE}:"
DECISION = "authorization.k8s.io/decision"


class Right(NamedTuple):
    """What an account may do, or did: the resource has its subresource behind a slash."""

    account: str
    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.account}: {self.verb} {what}"


class Seen(NamedTuple):
    """What Vireo's accounts asked for: the rights by which they got it, and what they have no right to."""

    used: frozenset[Right]
    refused: frozenset[Right]


def granted(manifests: Iterable[Object]) -> frozenset[Right]:
    """The rights of all service accounts, by the roles among the manifests that are bound to them."""
    made = list(manifests)
    roles = {(one["kind"], one["metadata"]["name"]): one["rules"] for one in made if one["kind"].endswith("Role")}
    bindings = [one for one in made if one["kind"].endswith("RoleBinding")]
    return frozenset(
        right
        for binding in bindings
        for rule in roles.get((binding["roleRef"]["kind"], binding["roleRef"]["name"]), ())
        for subject in binding["subjects"]
        for right in _rights(subject["name"], rule)
    )


def _rights(account: str, rule: Mapping[str, Any]) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                yield Right(account, group, resource, verb)


def seen(events: Iterable[Event]) -> Seen:
    """Refused is what no role allowed; what an admission policy refuses was allowed before."""
    found: dict[str, set[Right]] = {"allow": set(), "forbid": set()}
    for event in events:
        if event["user"]["username"].startswith(ACCOUNT) and event.get("objectRef", {}).get("resource"):
            found[event["annotations"][DECISION]].add(_right(event))
    return Seen(frozenset(found["allow"]), frozenset(found["forbid"]))


def _right(event: Event) -> Right:
    about = event["objectRef"]
    resource = "/".join(part for part in (about["resource"], about.get("subresource", "")) if part)
    return Right(event["user"]["username"].removeprefix(ACCOUNT), about.get("apiGroup", ""), resource, event["verb"])


def of_cloud(settings: Settings) -> tuple[frozenset[Right], Seen]:
    """What is granted by the chart as it is installed, and what was seen since the cloud is up."""
    if settings.audit != "reads":
        raise Failure("the audit log says only what was written", advice="VIREO_AUDIT=reads make up")
    return granted(documents(vireo.manifest(settings))), seen(audit.events(settings))


def main() -> int:
    """Prints what was never used and what was refused; 1 where something was refused."""
    try:
        given, found = of_cloud(Settings.running())
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    for right in sorted(given - found.used):
        print(f"never used  {right}")
    for right in sorted(found.refused):
        print(f"refused     {right}")
    print(f"{len(given & found.used)} of {len(given)} rights were used")
    return 1 if found.refused else 0


if __name__ == "__main__":
    sys.exit(main())
