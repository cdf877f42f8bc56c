"""`kubectl vireo top`: what is measured to be used, next to what was promised."""

import asyncio
from collections import defaultdict
from typing import Final, TypeVar

import msgspec

from vireo.api.resources import NODE, POD, Resource
from vireo.kinds.virtualmachine.kind import INSTANCES, LAUNCHERS
from vireo.kube.client import ApiError
from vireo.kube.look import listed, read
from vireo.plugin.failure import FORBIDDEN
from vireo.plugin.reading import raws
from vireo.plugin.session import Session
from vireo.plugin.shown.top import (
    AskingPod,
    Measured,
    MeasuredPod,
    Node,
    machines,
    nodes,
    page_of_machines,
    page_of_nodes,
)

T = TypeVar("T", bound=msgspec.Struct)

MEASURED_NODES: Final = Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False)
MEASURED_PODS: Final = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
AWAY: Final = 503
"""What is answered for an API whose server does not run."""


async def run(session: Session) -> int:
    """0. Raises ApiError."""
    await (_nodes if session.asked.what == "nodes" else _machines)(session)
    return 0


async def _nodes(session: Session) -> None:
    client = session.client
    found, measured, pods, instances = await asyncio.gather(
        raws(client, NODE),
        _measured(session, MEASURED_NODES, ""),
        _if_allowed(session, POD),
        _if_allowed(session, INSTANCES.resource),
    )
    tops = nodes(
        _decoded(found or [], Node),
        _decoded(measured, Measured),
        None if pods is None else _decoded(pods, AskingPod),
        None if instances is None else [read(INSTANCES, raw) for raw in instances],
    )
    session.terminal.show(tops, lambda style: page_of_nodes(tops, style))


async def _machines(session: Session) -> None:
    everywhere = session.asked.all_namespaces
    namespace = "" if everywhere else session.namespace
    instances, pods, measured = await asyncio.gather(
        listed(session.client, INSTANCES, namespace),
        listed(session.client, LAUNCHERS, namespace),
        _measured(session, MEASURED_PODS, namespace),
    )
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for pod in pods:
        if LAUNCHERS.owner and (owner := LAUNCHERS.owner(pod)):
            names[owner.namespace, owner.name].append(pod.meta.name)
    tops = machines(instances, names, _decoded(measured, MeasuredPod))
    session.terminal.show(tops, lambda style: page_of_machines(tops, style, everywhere=everywhere))


async def _measured(session: Session, resource: Resource, namespace: str) -> list[msgspec.Raw]:
    """Nothing where nothing is measured; that is said."""
    try:
        found = await raws(session.client, resource, namespace)
    except ApiError as error:
        if error.code not in (FORBIDDEN, AWAY):
            raise
        session.terminal.note(f"nothing measured is shown: {error.message}")
        return []
    if found is None:
        session.terminal.note(
            "nothing measured is shown: this cluster does not serve metrics.k8s.io. Install metrics-server; what else the cluster "
            "lacks: kubectl vireo status"
        )
    return found or []


async def _if_allowed(session: Session, resource: Resource) -> list[msgspec.Raw] | None:
    """All of the cluster; None where the user may not look at them, which is said."""
    try:
        return await raws(session.client, resource) or []
    except ApiError as error:
        if error.code != FORBIDDEN:
            raise
        session.terminal.note(f"not counted: you may not list {resource}")
        return None


def _decoded(found: list[msgspec.Raw], type_: type[T]) -> list[T]:
    return [msgspec.json.decode(raw, type=type_) for raw in found]
