"""The workload's controller and Service as they should be: one builder for each of their parts.

What is not said here is Kubernetes' to choose.
"""

import json
import math
from datetime import timedelta
from typing import Final

from vireo.api.names import LABEL_MANAGED, LABEL_WORKLOAD
from vireo.api.objects import Child, Manifest
from vireo.api.resources import SERVICE
from vireo.kinds.cluster import BRIDGE_RESOURCE
from vireo.kinds.containerworkload.attached import NETWORKS
from vireo.kinds.containerworkload.made import CONTROLLERS, Workload, made
from vireo.kinds.containerworkload.types import Probe, Variable
from vireo.kinds.overrides import overridden
from vireo.kinds.placement import sensitivity_annotation
from vireo.kinds.pods import DEFAULT_SCHEDULER
from vireo.kinds.virtualdisk.use import claim_of
from vireo.kinds.virtualswitch.attachments import attachment_name
from vireo.kinds.virtualswitch.use import switch

CONTAINER: Final = "main"
AS_USUAL: Final = {"maxSurge": "25%", "maxUnavailable": "25%"}
GROUP_OF_DISKS: Final = 65533
"""Any group would do: the disks belong to it, and the pods are in it."""

POD_SECURITY: Final[dict[str, Manifest]] = {
    "Restricted": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "Baseline": {},
    "Privileged": {},
}
CONTAINER_SECURITY: Final[dict[str, Manifest]] = {
    "Restricted": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
    "Baseline": {},
    "Privileged": {"privileged": True},
}


def controller(workload: Workload) -> Child:
    """The Deployment, StatefulSet or Job. Every disk has a claim, and every network its ports: why_not stands before it."""
    build = {"Service": _deployment, "Stateful": _stateful_set, "Job": _job}[workload.spec.workload]
    metadata = {"name": workload.meta.name}
    return Child(CONTROLLERS[workload.spec.workload], {"metadata": metadata, "spec": build(workload)})


def service(workload: Workload) -> Child | None:
    """The Service of its ports. A Stateful one has it in any case: its pods have their names by it."""
    stateful = workload.spec.workload == "Stateful"
    if not (workload.spec.ports or stateful):
        return None
    ports = [
        {"name": one.name, "port": one.port, "targetPort": one.name, "protocol": one.protocol}
        for one in workload.spec.ports
    ]
    spec = {
        "selector": {LABEL_WORKLOAD: workload.meta.name},
        **({"ports": ports} if ports else {}),
        **({"clusterIP": "None"} if stateful else {}),
    }
    return Child(SERVICE, {"metadata": {"name": workload.meta.name}, "spec": spec})


def _deployment(workload: Workload) -> Manifest:
    """No ReplicaSet is kept to go back to: it is the spec that is gone back to."""
    return {
        "replicas": workload.spec.replicas,
        "revisionHistoryLimit": 0,
        "selector": {"matchLabels": {LABEL_WORKLOAD: workload.meta.name}},
        "strategy": _strategy(workload),
        "template": _template(workload),
    }


def _strategy(workload: Workload) -> Manifest:
    """With disks the old pods go first; with ports there is one more at most; else as Kubernetes does it by itself.

    That too is said: what is nobody's would stay when disks come, and the API server refuses the two together.
    """
    if workload.spec.disks:
        return {"type": "Recreate"}
    rolling = {"maxSurge": workload.spec.surge, "maxUnavailable": 0} if workload.spec.networks else AS_USUAL
    return {"type": "RollingUpdate", "rollingUpdate": rolling}


def _stateful_set(workload: Workload) -> Manifest:
    """In parallel: in order, a pod that does not come up would never be replaced by a corrected one."""
    return {
        "replicas": workload.spec.replicas,
        "revisionHistoryLimit": 0,
        "serviceName": workload.meta.name,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {LABEL_WORKLOAD: workload.meta.name}},
        "template": _template(workload),
    }


def _job(workload: Workload) -> Manifest:
    """One pod at a time: the next is made when the one before has ended."""
    template = _template(workload)
    template["spec"]["restartPolicy"] = "Never"
    return {"podReplacementPolicy": "Failed", "template": template}


def _template(workload: Workload) -> Manifest:
    return overridden(_pod(workload), workload.spec.overrides)


def _pod(workload: Workload) -> Manifest:
    spec, isolation = workload.spec, workload.spec.isolation
    security = {**POD_SECURITY[isolation.profile], **_group(workload)}
    scheduler = _scheduler(workload)
    return {
        "metadata": _metadata(workload),
        "spec": {
            **({"schedulerName": scheduler} if scheduler else {}),
            **({"runtimeClassName": isolation.runtime_class} if isolation.runtime_class else {}),
            **({"securityContext": security} if security else {}),
            "containers": [_container(workload)],
            **({"volumes": _volumes(workload)} if spec.disks else {}),
        },
    }


def _metadata(workload: Workload) -> Manifest:
    labels = {LABEL_MANAGED: workload.key.resource.kind.lower(), LABEL_WORKLOAD: workload.meta.name}
    annotations = {
        **({NETWORKS: _networks(workload)} if workload.spec.networks else {}),
        **sensitivity_annotation(workload.spec.placement.sensitivity),
    }
    return {"labels": labels, **({"annotations": annotations} if annotations else {})}


def _scheduler(workload: Workload) -> str:
    """The operator's, if it has one. What was made under another keeps that one: it would be rolled out anew for nothing else."""
    live = made(workload)
    if live is None or not workload.scheduler:
        return workload.scheduler
    kept = live.view.spec.template.spec.scheduler_name
    return "" if kept == DEFAULT_SCHEDULER else kept


def _group(workload: Workload) -> Manifest:
    """Who is not root can write to a disk by its group only."""
    if not workload.spec.disks or workload.spec.isolation.profile != "Restricted":
        return {}
    return {"fsGroup": GROUP_OF_DISKS, "fsGroupChangePolicy": "OnRootMismatch"}


def _networks(workload: Workload) -> str:
    """What Multus attaches, and what the interfaces are called: one text for one spec."""
    found = [
        {"interface": one.name, "name": attachment_name(one.switch, one.port_group)} for one in workload.spec.networks
    ]
    return json.dumps(found, separators=(",", ":"))


def _container(workload: Workload) -> Manifest:
    spec = workload.spec
    parts: Manifest = {
        "command": list(spec.command),
        "args": list(spec.args),
        "env": [_variable(one) for one in spec.env],
        "resources": _resources(workload),
        "ports": [{"name": one.name, "containerPort": one.port, "protocol": one.protocol} for one in spec.ports],
        "volumeMounts": [{"name": one.name, "mountPath": one.mount_path} for one in spec.disks],
        **_probes(workload),
        "securityContext": CONTAINER_SECURITY[spec.isolation.profile],
    }
    return {"name": CONTAINER, "image": spec.image, **{name: part for name, part in parts.items() if part}}


def _variable(one: Variable) -> Manifest:
    return {
        "name": one.name,
        **({"valueFrom": one.value_from.wire()} if one.value_from else {"value": one.value or ""}),
    }


def _resources(workload: Workload) -> Manifest:
    """With the bridges of its networks, which only some nodes have: pods ask for them themselves."""
    bridges = {BRIDGE_RESOURCE + bridge: "1" for bridge in _bridges(workload)}
    asked = workload.spec.resources
    parts = {"requests": {**asked.requests, **bridges}, "limits": {**asked.limits, **bridges}}
    return {name: part for name, part in parts.items() if part}


def _bridges(workload: Workload) -> list[str]:
    found = (switch(workload, one) for one in workload.spec.networks)
    return sorted({known[0].uplink.bridge for known in found if known})


def _volumes(workload: Workload) -> list[Manifest]:
    return [
        {"name": one.name, "persistentVolumeClaim": {"claimName": claim_of(workload, one.disk)}}
        for one in workload.spec.disks
    ]


def _probes(workload: Workload) -> Manifest:
    probes = workload.spec.probes
    if probes is None:
        return {}
    named = {"readinessProbe": probes.ready, "livenessProbe": probes.live, "startupProbe": probes.started}
    return {name: _probe(probe) for name, probe in named.items() if probe}


def _probe(probe: Probe) -> Manifest:
    said = {
        "httpGet": probe.http_get and probe.http_get.wire(),
        "tcpSocket": probe.tcp_socket and probe.tcp_socket.wire(),
        "exec": probe.exec_ and {"command": list(probe.exec_.command)},
        "periodSeconds": _seconds(probe.period),
        "timeoutSeconds": _seconds(probe.timeout),
        "failureThreshold": probe.failures,
    }
    return {name: value for name, value in said.items() if value}


def _seconds(value: timedelta | None) -> int | None:
    return math.ceil(value.total_seconds()) if value else None
