"""`kubectl vireo explain placement`: why a machine is on its node, from the record on its pod."""

from typing import Any

import msgspec

from vireo.api.names import ANNOTATION_PLACEMENT
from vireo.api.objects import Live
from vireo.api.resources import VIRTUAL_MACHINE, Key
from vireo.kinds.pods import PodView
from vireo.kinds.virtualmachine.kind import LAUNCHERS
from vireo.kube.look import get, listed
from vireo.load.decision import Decision
from vireo.plugin.failure import PluginError
from vireo.plugin.session import Session, checked
from vireo.plugin.shown.placement import explained, page


async def run(session: Session) -> int:
    """0. Raises ApiError, PluginError."""
    namespace, _, name = session.asked.namespace_vm.rpartition("/")
    key = Key(VIRTUAL_MACHINE, checked(namespace or session.namespace), checked(name))
    pod = await _pod(session, key)
    found = explained(key, pod.meta.name, _record(pod))
    session.terminal.show(found, lambda style: page(found, style))
    return 0


async def _pod(session: Session, machine: Key) -> Live[PodView]:
    """The machine's newest pod that has a node: that is the one it moved to last."""
    if await get(session.client, machine) is None:
        raise PluginError(
            f"{machine} does not exist. See what does: kubectl get virtualmachines.vireo.dev -n {machine.namespace}"
        )
    pods = [pod for pod in await listed(session.client, LAUNCHERS, machine.namespace) if _runs(pod, machine)]
    if not pods:
        raise PluginError(
            f"{machine} is on no node now. It says why not: kubectl vireo tree vvm/{machine.name} -n {machine.namespace}"
        )
    return max(pods, key=lambda pod: str(pod.meta.creation_timestamp))


def _runs(pod: Live[Any], machine: Key) -> bool:
    owner = LAUNCHERS.owner(pod) if LAUNCHERS.owner else None
    return owner == machine and bool(pod.view.spec.node_name) and not pod.view.final


def _record(pod: Live[PodView]) -> Decision:
    """Raises PluginError where there is none."""
    where = f"pod {pod.meta.namespace}/{pod.meta.name}"
    text = pod.meta.annotations.get(ANNOTATION_PLACEMENT)
    if text is None:
        raise PluginError(
            f"{where} has no record of its placement: it was placed by another scheduler, or while the extender of vireo-scheduler did not "
            "answer. See whether it does: kubectl -n vireo get pods -l app.kubernetes.io/component=scheduler"
        )
    try:
        return msgspec.json.decode(text, type=Decision)
    except msgspec.DecodeError as error:
        raise PluginError(
            f"{where} has a record that is not understood: {error}. Is this plugin as new as Vireo in the cluster?"
        ) from None
