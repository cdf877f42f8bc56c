"""The first process of a node: `python -m cloud.nodes.init PLAN`, started inside fresh namespaces.

It builds the node's own root, moves into it, sets up the network once the host has plugged the cable in, starts
containerd, kubelet and kube-proxy, restarts those that end, and buries orphans. When it is killed, the kernel ends
everything on the node: namespaces, mounts and links go with it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cloud import cgroups

Plan = dict[str, Any]

LOOP_DEVICES = 256
FROM_HOST = ("alternatives", "ld.so.cache", "mke2fs.conf")  # what programs of /usr want to find in /etc
CHARACTER_DEVICES = {
    "null": (1, 3, 0o666), "zero": (1, 5, 0o666), "full": (1, 7, 0o666), "random": (1, 8, 0o666),
    "urandom": (1, 9, 0o666), "tty": (5, 0, 0o666), "kmsg": (1, 11, 0o600), "net/tun": (10, 200, 0o666),
    "fuse": (10, 229, 0o666), "loop-control": (10, 237, 0o600),
}  # fmt: skip
SYSCTLS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}


def main() -> None:
    """Becomes the node."""
    plan: Plan = json.loads(Path(sys.argv[1]).read_text())
    cgroups.enter_as_root(plan["cgroup"])
    cgroups.enter(f"{plan['cgroup']}/system")
    logs = {service["name"]: _open_log(service["log"]) for service in plan["services"]}
    root = Path(plan["dir"], "root")
    build_root(plan, root)
    enter_root(root)
    run("hostname", plan["name"])
    connect(plan)
    supervise(plan, logs)


def build_root(plan: Plan, root: Path) -> None:
    """Mounts the node's root: the host's programs for reading, everything else its own."""
    mount("tmpfs", root, "tmpfs", "mode=755")
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64"):
        _show_host(Path("/", name), root / name)
    for name in ("etc", "var"):
        bind(Path(plan["dir"], name), root / name)
    for name in FROM_HOST:
        _copy(Path("/etc", name), root / "etc" / name)
    mount("proc", root / "proc", "proc")
    mount("sysfs", root / "sys", "sysfs")
    mount_cgroups(root / "sys/fs/cgroup")
    for name in ("run", "tmp"):
        mount("tmpfs", root / name, "tmpfs", "mode=755" if name == "run" else "mode=1777")
    _relink(root / "var/run", "../run")
    build_devices(root / "dev")
    host, inside = plan["shared"]
    bind(Path(host), root / inside.lstrip("/"))
    for inside, host in plan["binaries"].items():
        target = root / inside.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        run("mount", "--bind", host, str(target))
    boot_id = root / "run/boot_id"  # each start of a node is a boot of its own
    boot_id.write_text(f"{uuid.uuid4()}\n")
    run("mount", "--bind", str(boot_id), str(root / "proc/sys/kernel/random/boot_id"))


def mount_cgroups(target: Path) -> None:
    """The hierarchies of the host, each from the node's own group down: to the kubelet it is the root, so that what it measures of its node
    is the node's and not the whole machine's."""
    found = cgroups.hierarchies()
    if found == [cgroups.ROOT]:
        mount("cgroup2", target, "cgroup2")
        return
    mount("tmpfs", target, "tmpfs", "mode=755")
    for hierarchy in found:
        options = "none,name=systemd" if hierarchy.name == "systemd" else hierarchy.name
        mount("cgroup", target / hierarchy.name, "cgroup", options)


def build_devices(dev: Path) -> None:
    """The devices of a machine without KVM; all loop devices, since their numbers are the kernel's, not the node's."""
    mount("tmpfs", dev, "tmpfs", "mode=755")
    for name in ("net", "pts", "shm"):
        (dev / name).mkdir()
    for name, (major, minor, mode) in CHARACTER_DEVICES.items():
        _device(dev / name, 0o020000 | mode, os.makedev(major, minor))
    for number in range(LOOP_DEVICES):
        _device(dev / f"loop{number}", 0o060600, os.makedev(7, number))
    mount("devpts", dev / "pts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5")
    mount("tmpfs", dev / "shm", "tmpfs")
    for name, target in {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0",
                         "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}.items():  # fmt: skip
        (dev / name).symlink_to(target)


def enter_root(root: Path) -> None:
    """Moves into the root; nothing of the host's is left in sight."""
    (root / "host").mkdir()
    os.chdir(root)
    run("pivot_root", ".", "host")
    os.chdir("/")
    run("umount", "--lazy", "/host")
    Path("/host").rmdir()
    run("mount", "--make-rshared", "/")  # kubelet and KubeVirt pass mounts on to pods


def connect(plan: Plan) -> None:
    """Sets up the network. The host puts eth0 into the node's network namespace."""
    run("ip", "link", "set", "lo", "up")
    until(lambda: Path("/sys/class/net/eth0").exists(), "the host to plug eth0 in")
    run("ip", "address", "add", plan["address"], "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    connect_segment(*plan["segment"])
    for target, gateway in plan["routes"]:
        run("ip", "route", "add", target, "via", gateway)
    for name, value in SYSCTLS.items():
        Path("/proc/sys", name).write_text(value)


def connect_segment(cable: str, bridge: str) -> None:
    """The bridge for switches, with the cable to the other nodes' as its uplink: what an administrator makes on their nodes."""
    until(lambda: Path("/sys/class/net", cable).exists(), f"the host to plug {cable} in")
    run("ip", "link", "add", bridge, "type", "bridge")
    run("ip", "link", "set", cable, "master", bridge, "up")
    run("ip", "link", "set", bridge, "up")


def supervise(plan: Plan, logs: dict[str, int]) -> None:
    """Runs the services, one second at least between two starts of the same."""
    os.environ["PATH"] = "/opt/vireo/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    running: dict[int, dict[str, Any]] = {}
    started: dict[str, float] = {}

    def start(service: dict[str, Any]) -> None:
        name = service["name"]
        time.sleep(max(0.0, started.get(name, 0.0) + 1 - time.monotonic()))
        started[name] = time.monotonic()
        child = subprocess.Popen(service["command"], stdin=subprocess.DEVNULL, stdout=logs[name], stderr=logs[name])
        running[child.pid] = service

    for service in plan["services"]:
        start(service)
        if service["name"] == "containerd":
            until(lambda: Path("/run/containerd/containerd.sock").exists(), "containerd's socket")
    while True:
        pid, status = os.wait()
        if pid in running:
            service = running.pop(pid)
            print(f"{service['name']} ended with {os.waitstatus_to_exitcode(status)}: starting it again", flush=True)
            start(service)


def until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Waits until it is true; ends the node if it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


def mount(source: str, target: Path, kind: str, options: str = "") -> None:
    """Mounts a file system of that kind, making the mount point."""
    target.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", kind, *(["-o", options] if options else []), source, str(target))


def bind(source: Path, target: Path) -> None:
    """Shows the folder at another place."""
    target.mkdir(parents=True, exist_ok=True)
    run("mount", "--bind", str(source), str(target))


def run(*command: str) -> None:
    """Runs a command; ends the node with its words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def _open_log(file: str) -> int:
    """Opened while the host's files are in sight."""
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def _show_host(host: Path, target: Path) -> None:
    if host.is_symlink():
        target.symlink_to(host.readlink())
    elif host.is_dir():
        target.mkdir()
        run("mount", "--rbind", str(host), str(target))
        run("mount", "-o", "remount,bind,ro", str(target))


def _copy(source: Path, target: Path) -> None:
    """In place of what an earlier boot of the node copied."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copyfile(source, target)


def _relink(link: Path, target: str) -> None:
    if not link.is_symlink():
        link.symlink_to(target)


def _device(path: Path, mode: int, number: int) -> None:
    os.mknod(path, mode, number)
    path.chmod(mode & 0o777)


if __name__ == "__main__":
    main()
