"""What Kubernetes' controllers and kubelets do of a Deployment, told in one small step after the other on a World's objects.

Each controller works on what it saw last, which may be older than what is there. Only what matters for disks is told: which pods there are,
of which template. What a pod takes to start is left out.
"""

import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from support.world import Raw, World, merged

from vireo.api.names import LABEL_MANAGED, LABEL_WORKLOAD
from vireo.api.objects import Child
from vireo.api.resources import DEPLOYMENT, POD, REPLICA_SET, Key, Resource

AFTER: Final = "2026-01-01T12:00:01Z"
OF: Final = "of"
"""On a pod of this world: the ReplicaSet that made it."""


class KubernetesWorld(World):
    """A World whose Deployment lives."""

    number = 0
    deployment: Raw | None = None
    """As its controller saw it last."""
    sets: tuple[Raw, ...] = ()
    """As their controller saw them last."""

    @property
    def turns(self) -> dict[str, Callable[[], None]]:
        """Who may take one."""
        return {
            "deployment sees": self._see_deployment,
            "deployment acts": self._roll_out,
            "sets seen": self._see_sets,
            "sets act": self._make_pods,
            "kubelet": self._run_pods,
        }

    def carry_on(self, turn: str) -> bool:
        """One step of one of them; whether anything changed."""
        before = self.end()
        self.turns[turn]()
        return self.end() != before

    def all(self, resource: Resource) -> list[Raw]:
        return [raw for key, raw in sorted(self.objects.items()) if key.resource == resource]

    @property
    def mounted(self) -> set[str]:
        """The claims that pods have."""
        return {one["persistentVolumeClaim"]["claimName"] for pod in self.all(POD) for one in pod["spec"]["volumes"]}

    def evict(self) -> None:
        """A node is emptied of the first pod."""
        for pod in self.all(POD)[:1]:
            self.hold(merged(pod, {"metadata": {"deletionTimestamp": AFTER}}))

    def _write(self, child: Child, raw: Raw) -> None:
        """The API server takes away what is not wanted any more, and counts the changes."""
        old, raw = self.objects.get(child.key), {**raw, "spec": child.manifest["spec"]}
        if old and old["spec"] != raw["spec"]:
            raw = merged(raw, {"metadata": {"generation": old["metadata"]["generation"] + 1}})
        super()._write(child, raw)

    def _see_deployment(self) -> None:
        found = self.all(DEPLOYMENT)
        self.deployment = found[0] if found else None
        if not found:  # and what it owned goes, one after the other
            for raw in self.all(REPLICA_SET):
                self.remove(_key(REPLICA_SET, raw))

    def _see_sets(self) -> None:
        self.sets = tuple(self.all(REPLICA_SET))

    def _roll_out(self) -> None:
        """Recreate: the older ones first, and the newest when their pods are gone."""
        wish = self.deployment
        if wish is None or not self.all(DEPLOYMENT):
            return
        name = "api-" + blake2b(json.dumps(wish["spec"]["template"]).encode(), digest_size=4).hexdigest()
        older = [one for one in self.all(REPLICA_SET) if one["metadata"]["name"] != name]
        for one in older:
            self._scale(one, 0)
        waits = wish["spec"].get("strategy", {}).get("type") == "Recreate" and any(map(self._pods, older))
        if not waits:
            self._ensure(name, wish)
        for one in older:
            if not self._pods(one) and one["spec"]["replicas"] == 0:
                self.remove(_key(REPLICA_SET, one))
        newest = [pod for pod in self._living() if pod["metadata"][OF] == name]
        counts = {"replicas": len(self._living()), "updatedReplicas": len(newest), "readyReplicas": len(self._living())}
        live = self.all(DEPLOYMENT)[0]
        self.hold(merged(live, {"status": {"observedGeneration": wish["metadata"]["generation"], **counts}}))

    def _ensure(self, name: str, wish: Raw) -> None:
        known = next((one for one in self.all(REPLICA_SET) if one["metadata"]["name"] == name), None)
        if known:
            self._scale(known, wish["spec"]["replicas"])
            return
        spec = {"replicas": wish["spec"]["replicas"], "template": wish["spec"]["template"]}
        self.hold(
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": self._meta(name), "spec": spec, "status": {}}
        )

    def _scale(self, raw: Raw, replicas: int) -> None:
        if raw["spec"]["replicas"] != replicas:
            generation = raw["metadata"]["generation"] + 1
            self.hold(merged(raw, {"metadata": {"generation": generation}, "spec": {"replicas": replicas}}))

    def _make_pods(self) -> None:
        for seen in self.sets:
            live = self.objects.get(_key(REPLICA_SET, seen))
            if live is None:
                continue
            pods = [pod for pod in self._living() if pod["metadata"][OF] == seen["metadata"]["name"]]
            for pod in pods[seen["spec"]["replicas"] :]:
                self.hold(merged(pod, {"metadata": {"deletionTimestamp": AFTER}}))
            for _ in range(seen["spec"]["replicas"] - len(pods)):
                self._make_pod(seen)
            self.hold(merged(live, {"status": {"observedGeneration": seen["metadata"]["generation"]}}))

    def _make_pod(self, owner: Raw) -> None:
        self.number += 1
        meta = {**self._meta(f"api-{self.number}"), OF: owner["metadata"]["name"]}
        spec = {"volumes": owner["spec"]["template"]["spec"].get("volumes", [])}
        self.hold({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running"}})

    def _run_pods(self) -> None:
        for pod in self.all(POD):
            orphan = _key(REPLICA_SET, {"metadata": {"name": pod["metadata"][OF]}}) not in self.objects
            if "deletionTimestamp" in pod["metadata"]:
                self.remove(_key(POD, pod))
            elif orphan:
                self.hold(merged(pod, {"metadata": {"deletionTimestamp": AFTER}}))

    def _living(self) -> list[Raw]:
        return [pod for pod in self.all(POD) if "deletionTimestamp" not in pod["metadata"]]

    def _pods(self, owner: Raw) -> list[Raw]:
        return [pod for pod in self.all(POD) if pod["metadata"][OF] == owner["metadata"]["name"]]

    def _meta(self, name: str) -> Raw:
        labels = {LABEL_MANAGED: self.key.resource.kind.lower(), LABEL_WORKLOAD: self.key.name}
        return {"name": name, "namespace": self.key.namespace, "labels": labels}


def _key(resource: Resource, raw: Raw) -> Key:
    return Key(resource, "shop", raw["metadata"]["name"])
