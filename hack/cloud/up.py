"""Brings a cloud up, from whatever state it is in: each step keeps what is as wanted and makes what is missing."""

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable

import image
from cloud import (
    build,
    cdi,
    cgroups,
    claim,
    control_plane,
    kubevirt,
    metrics,
    names,
    networks,
    nodes,
    prometheus,
    registry,
    simulated,
    storage,
    vireo,
)
from cloud.build import debian
from cloud.nodes import host, needs
from cloud.settings import CHECKOUT, Settings
from cloud.steps import Failure, Steps

PLUGIN = ("kubectl-vireo", "kubectl_complete-vireo")
"""The names by which kubectl finds its plugin, and what completes it."""
CONTROL_PLANE = ("etcd", "kubernetes")  # targets, since the scheduler's binary and its image have one name


def up(settings: Settings) -> Settings:
    """Brings the cloud up and returns its settings as they came to be. Raises Failure."""
    steps = Steps()
    with claim.exclusive(settings):
        settings = claim.take(_as_process_without_nodes(_what_can_run(settings, steps), steps))
        for folder in (settings.log, settings.bin):
            folder.mkdir(exist_ok=True)
        settings.remember()
        _account_for_memory(settings, steps)
        try:
            _make(settings, steps)
        finally:
            _write_records(settings, steps)
    return settings


def _make(settings: Settings, steps: Steps) -> None:
    steps.together(_to_build(settings, steps))
    if settings.real_nodes:
        host.allow_watches(steps)
        host.build_network(settings)
        steps.together({"control plane": lambda: control_plane.deploy(settings, steps),
                        "nodes": lambda: _launch_nodes(settings, steps)})  # fmt: skip
        nodes.deploy(settings, steps)
    else:
        control_plane.deploy(settings, steps)
    _link_programs(settings)
    steps.together(_platform(settings, steps))
    if settings.run != "none":
        vireo.wait_ready(settings, steps)


def _what_can_run(settings: Settings, steps: Steps) -> Settings:
    """The settings, without real nodes if this machine can not have them; that is said."""
    if not settings.real_nodes:
        return settings
    if os.geteuid() == 0:
        with contextlib.suppress(Failure):  # what could not be installed is said below
            debian.require(needs.packages(), steps)
    missing = needs.missing()
    if not missing:
        return settings
    steps.say("no real nodes here, going on with simulated ones. Missing: " + "; ".join(missing))
    return settings.without_real_nodes()


def _as_process_without_nodes(settings: Settings, steps: Steps) -> Settings:
    """The settings, with the operator on the host where no node could run its pod; that is said."""
    if settings.real_nodes or settings.run != "chart":
        return settings
    steps.say("no real node to run Vireo's pod: the operator runs as a process of this host")
    return dataclasses.replace(settings, run="process")


def _to_build(settings: Settings, steps: Steps) -> dict[str, Callable[[], object]]:
    """What has to be built, at once: Vireo's image waits for the network where the rest needs the cores."""
    work: dict[str, Callable[[], object]] = {"artefacts": lambda: build.ensure(_artefacts(settings), steps)}
    if settings.run == "chart":
        work["image"] = lambda: image.build(steps)
    return work


def _artefacts(settings: Settings) -> list[str]:
    """What has to be built for this cloud."""
    names = [*CONTROL_PLANE, *_programs(settings)]
    if settings.real_nodes:
        names += [
            *nodes.BINARIES,
            *nodes.CNI_PLUGINS,
            "registry",
            "kubevirt-manifests",
            "cdi-manifests",
            storage.CRDS,
            networks.CRD,
            *_images(),
        ]
        if settings.prometheus_url:
            names.append(prometheus.NAME)
    elif settings.simulated_nodes:
        names += ["kubevirt", "metrics"]
    if settings.simulated_nodes:
        names.append("kwok")
    return names


def _programs(settings: Settings) -> list[str]:
    """What people use beside kubectl."""
    return ["helm", "virtctl"] if settings.real_nodes or settings.simulated_nodes or settings.run != "none" else []


def _images() -> list[str]:
    """What real nodes pull, Vireo's own apart."""
    for_users = ("guest", "hello", "kube-scheduler")
    return ["pause", *for_users, *kubevirt.IMAGES, *storage.IMAGES, *metrics.IMAGES, *cdi.IMAGES]


def _launch_nodes(settings: Settings, steps: Steps) -> None:
    """The registry and its name, then the nodes, which then have something to pull while the API server starts."""
    storage.prepare(settings, steps)
    names.deploy(settings, steps)
    registry.deploy(settings, steps, [build.image(name) for name in _images()])
    with steps.step("nodes started") as step:
        nodes.launch(settings, step)


def _platform(settings: Settings, steps: Steps) -> dict[str, Callable[[], None]]:
    """What comes up side by side on a cluster with nodes; none waits for another, as none would anywhere else."""
    parts: dict[str, Callable[[], None]] = {}
    if settings.real_nodes:
        tolerations = [simulated.TOLERATION] if settings.simulated_nodes else []
        parts["KubeVirt"] = lambda: kubevirt.deploy(settings, steps, tolerations)
        parts["CDI"] = lambda: cdi.deploy(settings, steps)
        parts["networks"] = lambda: networks.deploy(settings, steps)
        parts["storage"] = lambda: storage.deploy(settings, steps)
    if settings.real_nodes or settings.simulated_nodes:
        parts["metrics"] = lambda: metrics.deploy(settings, steps)
    if settings.prometheus_url:
        parts["Prometheus"] = lambda: prometheus.deploy(settings, steps)
    else:
        prometheus.stop(settings)
    if settings.simulated_nodes:
        parts["simulated"] = lambda: simulated.deploy(settings, steps)
    if settings.run != "none":
        parts["Vireo"] = lambda: vireo.deploy(settings, steps)
    return parts


def _account_for_memory(settings: Settings, steps: Steps) -> None:
    """Everything that this process starts is counted in the cloud's control group, where there are any."""
    if cgroups.available(settings):
        group = f"{settings.network.cgroup}/host"
        cgroups.make(group)
        cgroups.enter(group)
        steps.memory = lambda: cgroups.memory_in_use(settings.network.cgroup)


def _link_programs(settings: Settings) -> None:
    """Puts the programs that people use into one folder for their PATH: kubectl's plugin from this checkout, the others as built."""
    built = {name: build.binary(name) for name in ("kubectl", *_programs(settings))}
    for name, target in (built | dict.fromkeys(PLUGIN, CHECKOUT / "hack/cloud/kubectl-vireo")).items():
        link = settings.bin / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def _write_records(settings: Settings, steps: Steps) -> None:
    records = [dataclasses.asdict(record) for record in steps.records]
    settings.steps_file.write_text(json.dumps(records, indent=1) + "\n")
