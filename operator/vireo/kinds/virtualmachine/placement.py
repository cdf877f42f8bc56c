"""Where a machine's pod may go, as its template says it: by which scheduler, to which node, and away from whom."""

from hashlib import blake2b

import msgspec

from vireo.api.names import LABEL_SPREAD
from vireo.api.objects import Manifest
from vireo.kinds.cluster import HOSTNAME, node_key, only_on
from vireo.kinds.virtualmachine.attached import is_stopped
from vireo.kinds.virtualmachine.checks import instance_type
from vireo.kinds.virtualmachine.power import Machine, namesake
from vireo.kinds.virtualmachine.types import SpreadSelector


def where(machine: Machine) -> Manifest:
    """The fields of template.spec."""
    scheduler, host = _scheduler(machine), machine.spec.placement.host
    spread = [_away_from(one.label_selector) for one in machine.spec.placement.spread]
    return {
        **({"schedulerName": scheduler} if scheduler else {}),
        **({"nodeSelector": only_on(host, machine.uses.get(node_key(host)))} if host else {}),
        **({"topologySpreadConstraints": spread} if spread else {}),
    }


def spread_label(machine: Machine) -> dict[str, str]:
    """By which others keep away from it: no label of the machine itself is on its pod, where Services and policies would find it."""
    selectors = (one.label_selector for one in machine.spec.placement.spread)
    groups = [_group(one) for one in selectors if one.match_labels.items() <= machine.meta.labels.items()]
    return {LABEL_SPREAD: groups[0]} if groups else {}


def _scheduler(machine: Machine) -> str:
    """The operator's, if it has one. KubeVirt heeds it at a start alone and asks for another one when it changes, so what may run keeps
    its own; and it takes none beside that of an instance type."""
    live = namesake(machine)
    if not machine.scheduler:
        return ""
    if live and not is_stopped(machine):
        return live.view.spec.template.spec.scheduler_name
    return "" if _type_names_one(machine) else machine.scheduler


def _type_names_one(machine: Machine) -> bool:
    named = instance_type(machine.key.namespace, machine.spec)
    live = machine.uses.get(named) if named else None
    return bool(live and live.view.spec.scheduler_name)


def _away_from(selector: SpreadSelector) -> Manifest:
    return {
        "topologyKey": HOSTNAME,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {LABEL_SPREAD: _group(selector)}},
    }


def _group(selector: SpreadSelector) -> str:
    """A word for all who have the same selector."""
    return blake2b(msgspec.json.encode(selector.match_labels, order="sorted"), digest_size=8).hexdigest()
