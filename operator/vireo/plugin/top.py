"""`kubectl vireo top`: what is measured to be used, next to what was promised; and what the model makes of it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, Final

from vireo.api.kind import Watch
from vireo.api.measures import Sample
from vireo.api.objects import Live
from vireo.api.resources import NODE, POD
from vireo.kinds.virtualmachine.kind import INSTANCES, LAUNCHERS
from vireo.kube.client import ApiError
from vireo.kube.look import listed
from vireo.kube.measures import MetricsApi
from vireo.load.table import Table
from vireo.load.world import World
from vireo.plugin.failure import ABSENT, FORBIDDEN
from vireo.plugin.session import Session
from vireo.plugin.shown.machines import machines, page_of_machines
from vireo.plugin.shown.nodes import ChoosyPod, Looked, TaintedNode, page_of_nodes, top_of
from vireo.plugin.shown.usage import measured

NODES, PODS = Watch(NODE, TaintedNode), Watch(POD, ChoosyPod)
UNMEASURED: Final = "nothing measured is shown"
AWAY: Final = 503
"""What is answered for an API whose server does not run."""


async def run(session: Session) -> int:
    """0. Raises ApiError."""
    await (_nodes if session.asked.what == "nodes" else _machines)(session)
    return 0


async def _nodes(session: Session) -> None:
    nodes, pods, instances = await asyncio.gather(
        listed(session.client, NODES), _if_allowed(session, PODS), _if_allowed(session, INSTANCES)
    )
    table, now = Table(), session.now()
    world = World(table, now.timestamp, lambda _bound: None)
    for live in (*nodes, *(instances or ()), *(pods or ())):
        world.put(live)
    unmeasured = f"{UNMEASURED}, and LOAD is of what was promised"
    samples = await _measured(session, MetricsApi(session.client).samples(world, now), unmeasured)
    for one in samples:
        table.sample(one, now.timestamp())
    table.age(now.timestamp())
    used = {node: usage for (node, pod), usage in measured(samples).items() if not pod}
    found = top_of(Looked(nodes, pods, instances, used, table))
    session.terminal.show(found, lambda style: page_of_nodes(found, style))


async def _machines(session: Session) -> None:
    everywhere = session.asked.all_namespaces
    namespace = "" if everywhere else session.namespace
    now = session.now()
    instances, pods, samples = await asyncio.gather(
        listed(session.client, INSTANCES, namespace),
        listed(session.client, LAUNCHERS, namespace),
        _measured(session, MetricsApi(session.client).of_pods(_Nowhere(), now, namespace), UNMEASURED),
    )
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for pod in pods:
        if LAUNCHERS.owner and (owner := LAUNCHERS.owner(pod)):
            names[owner.namespace, owner.name].append(f"{pod.meta.namespace}/{pod.meta.name}")
    used = {pod: usage for (_, pod), usage in measured(samples).items()}
    tops = machines(instances, names, used)
    session.terminal.show(tops, lambda style: page_of_machines(tops, style, everywhere=everywhere))


class _Nowhere:
    """On which nodes machines are is told by their instances, and not asked again."""

    def node_of(self, _pod: str) -> str:
        return ""

    def pod_of(self, _namespace: str, _machine: str, _node: str) -> str:
        return ""


async def _measured(session: Session, samples: AsyncIterator[Sample], unmeasured: str) -> list[Sample]:
    """What there is until it ends; where it ends too soon, that is said, in the words for nothing at all if so."""
    found = []
    try:
        async for one in samples:
            found.append(one)  # noqa: PERF401 - what came before an error counts
    except ApiError as error:
        if error.code == ABSENT:
            session.terminal.note(
                f"{unmeasured}: this cluster does not serve metrics.k8s.io. Install metrics-server; what else the cluster lacks: "
                "kubectl vireo status"
            )
        elif error.code in (FORBIDDEN, AWAY):
            shown = "not all that is measured is shown" if found else unmeasured
            session.terminal.note(f"{shown}: {error.message}")
        else:
            raise
    return found


async def _if_allowed(session: Session, watch: Watch) -> list[Live[Any]] | None:
    """All of the cluster; None where the user may not look at them, which is said."""
    try:
        return await listed(session.client, watch)
    except ApiError as error:
        if error.code != FORBIDDEN:
            raise
        session.terminal.note(f"not counted: you may not list {watch.resource}")
        return None
