"""What virt-controller and virt-api 1.8 do about a machine's power, told in one small step after the other on a World's objects.

Written from their source: pkg/virt-controller/watch/vm/vm.go (syncRunStrategy, updateStatus, isTrimFirstChangeRequestNeeded) and
pkg/virt-api/rest/lifecycle.go. What they do about volumes, networks and nodes is left out: an instance is up in one step.
"""

from typing import Any

from support.world import Raw, World, merged

from vireo.api.reconcile import Call, Step
from vireo.api.resources import KUBEVIRT_INSTANCE, KUBEVIRT_MACHINE, POD, Key, Resource

AFTER = "2026-01-01T12:00:01Z"


class KubeVirtWorld(World):
    """A World whose machine of KubeVirt lives."""

    lives = 0

    def carry_on(self) -> bool:
        """One step of everything that KubeVirt would do; whether anything changed."""
        before = self.end()
        if self.machine and "deletionTimestamp" in self.machine["metadata"]:
            self._end_machine()
        elif self.machine:
            self._sync()
            self._update_status()
        self._end_instance()
        self._begin_guest()
        return self.end() != before

    @property
    def machine(self) -> Raw | None:
        return self._object(KUBEVIRT_MACHINE)

    @property
    def instance(self) -> Raw | None:
        return self._object(KUBEVIRT_INSTANCE)

    @property
    def needs_restart(self) -> bool:
        """Whether KubeVirt would say so: the instance was made of another template."""
        if self.machine is None or self.instance is None:
            return False
        template, spec = self.machine["spec"]["template"]["spec"], self.instance["spec"]
        return bool(template.get("schedulerName") != spec.get("schedulerName"))

    @property
    def runs(self) -> bool:
        return self.instance is not None and self.instance["status"].get("phase") == "Running" and not self._deleted()

    def _object(self, resource: Resource) -> Raw | None:
        return self.objects.get(Key(resource, self.key.namespace, self.key.name))

    def _deleted(self) -> bool:
        return self.instance is not None and "deletionTimestamp" in self.instance["metadata"]

    # virt-controller: the machine

    def _sync(self) -> None:
        assert self.machine is not None
        strategy, found = self.machine["spec"]["runStrategy"], self.instance
        ended = found["status"].get("phase") in {"Succeeded", "Failed"} if found else False
        if found is None:
            if self._starts(strategy):
                self._start()
        elif strategy == "Halted" or self._asked("Stop") == found["metadata"]["uid"]:
            self._stop()
        elif strategy in {"Always", "RerunOnFailure"} and ended and not self._deleted():
            self._stop()
            if strategy == "RerunOnFailure" and found["status"]["phase"] == "Failed":
                self._request(*self._requests(), {"action": "Start"})

    def _end_machine(self) -> None:
        """Its finalizer goes when its instance is gone."""
        if self.instance:
            self._stop()
        else:
            self.remove(Key(KUBEVIRT_MACHINE, self.key.namespace, self.key.name))

    def _starts(self, strategy: str) -> bool:
        assert self.machine is not None
        match strategy:
            case "Always":
                return True
            case "RerunOnFailure":
                return self._first("Start") or self.machine.get("status", {}).get("runStrategy") != strategy
            case "Manual":
                return self._first("Start")
            case _:
                return False

    def _update_status(self) -> None:
        assert self.machine is not None
        status, found = dict(self.machine.get("status", {})), self.instance
        created = found is not None and self.lives == self._seen
        self._seen = self.lives
        status["created"] = created
        if created or status.get("runStrategy"):
            status["runStrategy"] = self.machine["spec"]["runStrategy"]
        if self._requests() and self._is_done(self._requests()[0]):
            status["stateChangeRequests"] = self._requests()[1:]
        self.hold({**self.machine, "status": status})

    _seen = 0
    """The lives that the last pass knew of: an instance is created by one pass and seen by the next."""

    def _is_done(self, request: Raw) -> bool:
        found = self.instance
        if request["action"] == "Stop":
            return found is None or request["uid"] != found["metadata"]["uid"]
        return found is not None and not self._deleted() and found["status"].get("phase") not in {"Succeeded", "Failed"}

    def _start(self) -> None:
        assert self.machine is not None
        self.lives += 1
        owner = {**_reference(self.machine), "controller": True}
        meta = {**self._meta(f"instance-{self.lives}"), "ownerReferences": [owner]}
        template = self.machine["spec"]["template"]["spec"]
        spec = {name: template[name] for name in ("volumes", "schedulerName") if name in template}
        self.hold(
            {
                "apiVersion": "kubevirt.io/v1",
                "kind": "VirtualMachineInstance",
                "metadata": meta,
                "spec": spec,
                "status": {},
            }
        )

    def _stop(self) -> None:
        if self.instance and not self._deleted():
            self.hold(merged(self.instance, {"metadata": {"deletionTimestamp": AFTER}}))

    # virt-handler: the guest

    def _begin_guest(self) -> None:
        if self.instance and not self._deleted() and not self.instance["status"].get("phase"):
            owner = {**_reference(self.instance), "controller": True}
            labels = {"kubevirt.io": "virt-launcher"}
            meta = {
                **self._meta("pod"),
                "name": "virt-launcher-web-1-x7k2p",
                "labels": labels,
                "ownerReferences": [owner],
            }
            self.hold(
                {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"nodeName": "node-1"}, "status": {}}
            )
            self._say(phase="Running", nodeName="node-1")

    def _end_instance(self) -> None:
        if not self._deleted():
            return
        assert self.instance is not None
        if self.instance["status"].get("phase") not in {"Succeeded", "Failed"}:
            self._say(phase="Succeeded")
            return
        for key in [key for key in self.objects if key.resource in {POD, KUBEVIRT_INSTANCE}]:
            self.remove(key)

    def guest_ends(self, phase: str, *, evicted: bool = False) -> None:
        """The guest shuts itself down (Succeeded) or fails (Failed); or its node gives up its pod first."""
        if evicted:
            pod = next(raw for key, raw in self.objects.items() if key.resource == POD)
            conditions = [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]
            self.hold(merged(pod, {"metadata": {"deletionTimestamp": AFTER}, "status": {"conditions": conditions}}))
        self._say(phase=phase)

    def _say(self, **status: str) -> None:
        assert self.instance is not None
        self.hold(merged(self.instance, {"status": status}))

    # virt-api: subresources

    def virtctl(self, action: str) -> None:
        """start, stop or restart; what it would be refused is not done."""
        assert self.machine is not None
        strategy, found = self.machine["spec"]["runStrategy"], self.instance
        up = found is not None and found["status"].get("phase") == "Running"
        stop = {"action": "Stop", "uid": found["metadata"]["uid"]} if found else {}
        match action:
            case "start" if strategy == "Halted":
                self.hold(merged(self.machine, {"spec": {"runStrategy": "Always"}}))
            case "start" if not up and strategy in {"Manual", "RerunOnFailure"} and not self._requests():
                self._request(*([stop] if found else []), {"action": "Start"})
            case "stop" if strategy == "Always":
                self.hold(merged(self.machine, {"spec": {"runStrategy": "Halted"}}))
            case "stop" if up and strategy in {"Manual", "RerunOnFailure"}:
                self._request(stop)
            case "restart" if up and strategy != "Halted" and not self._requests():
                self._request(stop, {"action": "Start"})

    def _carry_out(self, step: Step) -> None:
        match step:
            case Call(name="Start"):
                self.virtctl("start")
            case Call(name="Pause"):
                self._pause([{"type": "Paused", "status": "True", "reason": "PausedByUser"}])
            case Call(name="Unpause"):
                self._pause([])
            case _:
                super()._carry_out(step)

    def _pause(self, conditions: list[Raw]) -> None:
        assert self.instance is not None
        self.hold(merged(self.instance, {"status": {"conditions": conditions}}))

    # requests

    def _requests(self) -> list[Raw]:
        requests: list[Raw] = (self.machine or {}).get("status", {}).get("stateChangeRequests", [])
        return requests

    def _request(self, *requests: Raw) -> None:
        assert self.machine is not None
        self.hold(merged(self.machine, {"status": {"stateChangeRequests": list(requests)}}))

    def _first(self, action: str) -> bool:
        return bool(self._requests()) and self._requests()[0]["action"] == action

    def _asked(self, action: str) -> Any:
        return self._requests()[0].get("uid") if self._first(action) else None

    def _meta(self, uid: str) -> Raw:
        return {
            "name": self.key.name,
            "namespace": self.key.namespace,
            "uid": uid,
            "creationTimestamp": "2026-01-01T12:00:00Z",
        }


def _reference(raw: Raw) -> Raw:
    return {
        "apiVersion": raw["apiVersion"],
        "kind": raw["kind"],
        "name": raw["metadata"]["name"],
        "uid": raw["metadata"]["uid"],
    }
