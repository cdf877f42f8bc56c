"""VirtualSwitch: the attachments that should be, and those that must go."""

from vireo.api.objects import Live
from vireo.api.reconcile import Desired, once
from vireo.api.resources import ATTACHMENT, NAMESPACE, Key
from vireo.kinds.cluster import NamespaceView
from vireo.kinds.virtualswitch.attachments import attachment, attachment_name
from vireo.kinds.virtualswitch.checks import CANNOT_BE_MADE, why_not
from vireo.kinds.virtualswitch.ports import Switch, places
from vireo.kinds.virtualswitch.selector import may_use


def desired(switch: Switch) -> Desired:
    """An attachment that somebody uses is never taken away: their next start, or move, would fail."""
    waiting, used = why_not(switch), places(switch)
    if switch.deleting:
        return Desired(finalizer=bool(used), waiting=waiting)
    wanted = tuple(
        attachment(switch.meta.name, switch.spec, group, namespace)
        for group in switch.spec.port_groups
        for namespace in namespaces(switch)[group.name]
    )
    kept = {child.key for child in wanted} | {_key(switch, *place) for place in used}
    return Desired(
        children=() if waiting and waiting.reason in CANNOT_BE_MADE else wanted,
        delete=tuple(one for one in switch.all(ATTACHMENT) if one.key not in kept),
        finalizer=bool(used),
        waiting=waiting,
    )


@once
def namespaces(switch: Switch) -> dict[str, tuple[str, ...]]:
    """The namespaces that may use each port group, by its name. In one that ends nothing more can be made."""
    living: tuple[Live[NamespaceView], ...] = tuple(
        one for one in switch.around.get(NAMESPACE, ()) if not one.meta.deletion_timestamp
    )
    return {
        group.name: tuple(one.meta.name for one in living if may_use(group, one.meta.labels))
        for group in switch.spec.port_groups
    }


def _key(switch: Switch, group: str, namespace: str) -> Key:
    return Key(ATTACHMENT, namespace, attachment_name(switch.meta.name, group))
