"""Workloads on real nodes: containers really run, and where they do not the status says why, in the words of those who know."""

from typing import Any, Final

import pytest
from support.user import MACHINES, SWITCHES, WORKLOADS, User, disk, machine, switch, workload

from cloud import registry
from cloud.build import image
from cloud.settings import Settings
from cloud.steps import NotYet

pytestmark = [pytest.mark.cloud, pytest.mark.beside]

HTTP: Final = {
    "ports": [{"name": "http", "port": 8080}],
    "probes": {"ready": {"httpGet": {"port": "http"}, "period": "1s"}},
}
HERE, THERE = "10.78.0.1", "10.78.0.2"


def shell(words: str) -> dict[str, Any]:
    """What replaces the web server."""
    return {"command": ["busybox", "sh", "-c", words]}


def answer(user: User, name: str) -> str:
    """What the Service answers, asked from within the cluster: by a Job, so that the way is that of everybody."""
    user.apply(workload(f"ask-{name}", workload="Job", **shell(f"busybox wget -q -O - http://{name}:8080/")))
    user.until_said(WORKLOADS, f"ask-{name}", "Completed", "Complete")
    return said(user, f"ask-{name}")


def said(user: User, name: str) -> str:
    return user.kubectl("logs", f"--selector=vireo.dev/workload={name}", "--tail=-1").strip()


def test_a_restricted_service_runs_and_answers(user: User) -> None:
    user.apply(workload("api", replicas=2, **HTTP))
    found = user.until_ready(WORKLOADS, "api", "Running")
    assert (found["status"]["ready"], found["status"]["phase"]) == (2, "Running")
    assert answer(user, "api") == "hello"


def test_kubectl_scale_and_wait_work(user: User) -> None:
    user.apply(workload("api", **HTTP))
    user.until_ready(WORKLOADS, "api", "Running")
    user.kubectl("scale", f"{WORKLOADS}/api", "--replicas=2")
    assert user.until_ready(WORKLOADS, "api", "Running")["status"]["ready"] == 2
    user.kubectl("scale", f"{WORKLOADS}/api", "--replicas=0")
    user.until_ready(WORKLOADS, "api", "Stopped")
    user.kubectl("wait", f"{WORKLOADS}/api", "--for=condition=Ready", "--timeout=30s")


def test_restricted_holds_beside_overrides(user: User) -> None:
    """It does not get what the profile takes, overrides or not: another user, a file system to write to, privileges, system calls."""
    looks = "busybox hostname; busybox id -u; busybox touch /srv/new 2>&1; busybox grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status"
    user.apply(workload("look", workload="Job", **shell(looks), overrides={"spec": {"hostname": "renamed"}}))
    user.until_said(WORKLOADS, "look", "Completed", "Complete")
    words = said(user, "look").split()
    assert words[:2] == ["renamed", "65532"]
    assert "Read-only" in words
    assert words[-6:] == ["CapEff:", "0000000000000000", "NoNewPrivs:", "1", "Seccomp:", "2"]


def test_an_image_that_runs_as_root_is_refused_with_the_way_out(user: User, settings: Settings) -> None:
    user.apply(workload("root", image=_root(settings), args=["-c", "sleep infinity"]))
    assert "set spec.isolation.profile to Baseline" in user.until_said(WORKLOADS, "root", "RootImage")["message"]
    user.patch(WORKLOADS, "root", isolation={"profile": "Baseline"})
    user.until_ready(WORKLOADS, "root", "Running")


def test_a_privileged_one_where_the_namespace_forbids_it_is_refused_with_the_way_out(user: User) -> None:
    user.kubectl("label", "namespace", user.namespace, "pod-security.kubernetes.io/enforce=restricted")
    user.apply(workload("bold", isolation={"profile": "Privileged"}))
    message = user.until_said(WORKLOADS, "bold", "PodRefused")["message"]
    assert "Take a stricter spec.isolation.profile" in message
    assert "violates PodSecurity" in message
    user.patch(WORKLOADS, "bold", isolation={"profile": "Restricted"})
    user.until_ready(WORKLOADS, "bold", "Running")


def test_a_bad_image_is_named_the_older_pods_go_on_and_the_spec_mends_it(user: User) -> None:
    user.apply(workload("api", **HTTP))
    user.until_ready(WORKLOADS, "api", "Running")
    user.patch(WORKLOADS, "api", image="registry.local/hello:none")
    assert "registry.local/hello:none" in user.until_said(WORKLOADS, "api", "ImagePullFailed")["message"]
    assert user.get(WORKLOADS, "api")["status"]["ready"] == 1  # type: ignore[index]
    user.patch(WORKLOADS, "api", image="registry.local/hello:1")
    user.until_ready(WORKLOADS, "api", "Running")


def test_a_crash_loop_says_how_it_ends_and_stays_said(user: User) -> None:
    user.apply(workload("api", **shell("exit 3")))
    assert "with code 3" in user.until_said(WORKLOADS, "api", "Crashed")["message"]

    def told_once() -> None:
        told = [reason for reason, _ in user.events("api")]
        restarts = user.kubectl("get", "pods", "--output=jsonpath={.items[0].status.containerStatuses[0].restartCount}")
        if int(restarts) < 3:
            raise NotYet(f"{restarts} restarts")
        assert told.count("Crashed") == 1

    user.until("some more crashes", told_once)


def test_a_quota_is_told_with_the_way_out(user: User) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "one"}, "spec": {"hard": {"pods": "1"}}}
    user.apply(quota)
    for kind in ("Service", "Stateful"):
        name = kind.lower()
        user.apply(workload(name, workload=kind, replicas=2))
        assert "exceeded quota: one" in user.until_said(WORKLOADS, name, "QuotaExceeded")["message"]
        user.kubectl("scale", f"{WORKLOADS}/{name}", "--replicas=1")
        user.until_ready(WORKLOADS, name, "Running")
        user.delete(WORKLOADS, name)
        user.until("its pods to be gone", lambda: _check_no_pods(user))


def _check_no_pods(user: User) -> None:
    if names := user.kubectl("get", "pods", "--output=name"):
        raise NotYet(names)


def test_a_secret_of_the_environment_is_waited_for_and_then_there(user: User) -> None:
    env = [{"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "words", "key": "first"}}}]
    user.apply(workload("says", workload="Job", env=env, **shell("echo $WORD")))
    assert 'secret "words" not found' in user.until_said(WORKLOADS, "says", "EnvironmentMissing")["message"]
    user.kubectl("create", "secret", "generic", "words", "--from-literal=first=hello")
    user.until_said(WORKLOADS, "says", "Completed", "Complete")
    assert said(user, "says") == "hello"


def test_a_job_that_fails_says_so_and_what_starts_after_it_waits(user: User) -> None:
    after = {"after": [{"kind": "ContainerWorkload", "name": "first"}]}
    user.apply(workload("then", startup=after))
    assert "does not exist" in user.until_said(WORKLOADS, "then", "HeldByStartup")["message"]
    user.apply(workload("first", workload="Job", **shell("busybox sleep 2")))
    user.until_said(WORKLOADS, "first", "Completed", "Complete")
    user.until_ready(WORKLOADS, "then", "Running")


def test_a_disk_is_written_to_and_kept_for_the_next(user: User) -> None:
    mounted = {"disks": [{"name": "data", "disk": "d", "mountPath": "/data"}]}
    user.apply(
        disk("d", content="FileSystem"),
        workload("writes", workload="Job", **mounted, **shell("echo precious > /data/words")),
    )
    user.until_said(WORKLOADS, "writes", "Completed", "Complete")
    user.apply(workload("reads", workload="Job", **mounted, **shell("busybox cat /data/words")))
    user.until_said(WORKLOADS, "reads", "Completed", "Complete")
    assert said(user, "reads") == "precious"


def test_a_disk_for_machines_is_not_mounted_and_both_are_named(user: User) -> None:
    user.apply(disk("d"), workload("api", disks=[{"name": "data", "disk": "d", "mountPath": "/data"}]))
    message = user.until_said(WORKLOADS, "api", "DiskContentMismatch")["message"]
    assert f"VirtualDisk {user.namespace}/d" in message
    assert f"ContainerWorkload {user.namespace}/api" in message


def test_a_stateful_one_keeps_its_names_and_a_broken_one_is_mended_in_the_spec(user: User) -> None:
    user.apply(workload("db", workload="Stateful", replicas=2, **{**HTTP, "image": "registry.local/hello:none"}))
    user.until_said(WORKLOADS, "db", "ImagePullFailed")
    user.patch(WORKLOADS, "db", image="registry.local/hello:1")
    user.until_ready(WORKLOADS, "db", "Running")
    assert user.kubectl("get", "pods", "--output=name").split() == ["pod/db-0", "pod/db-1"]


def test_a_pod_on_a_switch_port_answers_a_machine(user: User) -> None:
    """Its address is its own doing: it takes a privileged one, as long as the switch gives none."""
    network = {"name": "front", "switch": user.namespace, "portGroup": "mine"}
    user.apply(switch(user.namespace, {"name": "mine", "ports": 3, "namespaces": {}}))
    user.until_ready(SWITCHES, user.namespace, "Connected")
    takes = ["bash", "-c", f"ip address add {HERE}/24 dev front && exec sleep infinity"]
    bold = {"isolation": {"profile": "Privileged"}, "image": _root(user.settings), "command": takes}
    user.apply(machine("asks", networks=[network]), workload("answers", networks=[network], **bold))
    user.until_ready(WORKLOADS, "answers", "Running")
    user.until_ready(MACHINES, "asks", "Running")
    with user.console("asks") as console:
        console.run(f"ip address add {THERE}/24 dev eth0 && ip link set eth0 up")

        def answered() -> None:
            words = console.run(f"ping -c 1 -W 1 {HERE}; true")
            if " 0% packet loss" not in words:
                raise NotYet(words)

        user.until("the pod to answer the machine", answered)
    counts = {one["name"]: one["count"] for one in user.until_ready(SWITCHES, user.namespace)["status"]["ports"]}
    assert counts == {"asks": 1, "answers": 2}, "a Service may have one pod more while it rolls out"
    user.delete(MACHINES, "asks")
    user.delete(WORKLOADS, "answers")
    user.delete(SWITCHES, user.namespace)


def _root(settings: Settings) -> str:
    """An image that runs as root, with a shell and what it needs."""
    registry.push(settings, [image("tools")])
    return image("tools").reference
