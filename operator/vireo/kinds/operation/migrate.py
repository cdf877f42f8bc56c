"""Migrate: the machine moves to another node while it runs, by a migration of KubeVirt.

KubeVirt forgets migrations that ended, so what it has forgotten is never taken for one that was not made: one that was seen is kept in
mind by its UID, and none is made after the instance has moved since the act was decided on.
"""

from typing import Final

from vireo.api.objects import Child
from vireo.api.reasons import Reason
from vireo.api.resources import KUBEVIRT_MIGRATION
from vireo.kinds.cluster import only_on
from vireo.kinds.operation.course import Action, Course, completed, failed, goes_on
from vireo.kinds.operation.machines import begins, not_yet
from vireo.kinds.operation.target import Migration, Operation, called_back, instance, machine, migration, node
from vireo.kinds.operation.types import Acted, Migrate
from vireo.kinds.pods import said, stable

SCHEDULABLE: Final = "kubevirt.io/schedulable"
"""The label by which KubeVirt says that a node takes machines."""


def _would(operation: Operation) -> str:
    live = instance(operation)
    assert live is not None, "what is acted on is there"
    return f"{_name(operation)} would move from {live.view.status.node_name} to {_where(operation)}."


def _why_not(operation: Operation) -> Course | None:
    return not_yet(operation) or _no_way(operation)


def _no_way(operation: Operation) -> Course | None:
    live, wish = instance(operation), _wish(operation)
    assert live is not None, "what is acted on is there"
    host = live.view.status.node_name
    if wish.host == host:
        return completed(f"{_name(operation)} is on {host} already.")
    if wish.away_from and wish.away_from != host:
        return completed(f"{_name(operation)} is not on {wish.away_from}, but on {host}.")
    if found := said(live.view.status.conditions, "LiveMigratable", "False"):
        return failed(
            Reason.NOT_MIGRATABLE,
            f"{_name(operation)} can not move while it runs. Its disks must lie on datastores with ReadWriteMany; otherwise restart it "
            f"elsewhere. KubeVirt says: {found.reason}: {stable(found.message)}",
        )
    if pinned := _pinned(operation):
        return failed(Reason.HOST_UNUSABLE, pinned)
    if wish.host and (unusable := _unusable(operation, wish.host)):
        return failed(Reason.HOST_UNUSABLE, unusable)
    if live.view.migrates:
        return goes_on(Reason.MIGRATING, f"{_name(operation)} is being moved already, and not by this operation.")
    return None


def _begin(operation: Operation) -> Course:
    return begins(Reason.MIGRATING, f"{_name(operation)} is about to move to {_where(operation)}.", operation)


def _course(operation: Operation, acted: Acted) -> Course:
    made = migration(operation)
    if made:
        return _ended(operation, made, acted) if made.view.final else _on_its_way(operation, made)
    if operation.status.migration:
        return _forgotten(operation, operation.status.migration, acted)
    if called_back(operation):
        return _called_back(operation)
    live = instance(operation)
    if live is None or live.meta.uid != acted.uid or live.view.final:
        return failed(Reason.INTERRUPTED, f"The guest of {_name(operation)} ended before it was moved.")
    if (state := live.view.status.migration_state) and (state.migration_uid or None) != acted.migration:
        return failed(Reason.INTERRUPTED, f"{_name(operation)} was moved by others before it could be moved.")
    said_now = goes_on(Reason.MIGRATING, f"{_name(operation)} is about to move to {_where(operation)}.")
    return Course(said_now.finding, child=_child(operation))


def _child(operation: Operation) -> Child:
    """The node is asked of this one migration only, so the machine is not bound to it afterwards."""
    host = _wish(operation).host
    selector = {"addedNodeSelector": only_on(host, node(operation, host))} if host else {}
    spec = {"vmiName": _name(operation), **selector}
    return Child(KUBEVIRT_MIGRATION, {"metadata": {"name": operation.meta.name}, "spec": spec})


def _on_its_way(operation: Operation, made: Migration) -> Course:
    if called_back(operation):
        said_now = goes_on(Reason.CANCELLED, f"The move of {_name(operation)} is being called back.")
        return Course(said_now.finding, delete=(made,))
    words = f" KubeVirt says: {stable(made.view.words)}" if made.view.words else ""
    return goes_on(Reason.MIGRATING, f"{_name(operation)} is being moved to {_where(operation)}.{words}")


def _ended(operation: Operation, made: Migration, acted: Acted) -> Course:
    state = made.view.status.migration_state
    if made.view.status.phase == "Succeeded":
        return _moved(operation, acted, state.target_node if state else "")
    if called_back(operation):
        return _called_back(operation)
    return _gave_up(operation, stable(made.view.words))


def _forgotten(operation: Operation, uid: str, acted: Acted) -> Course:
    """The migration was made, and is gone: how it ended is known by the instance alone."""
    live = instance(operation)
    state = live.view.status.migration_state if live and live.meta.uid == acted.uid else None
    if state and state.migration_uid == uid and state.completed and not state.failed:
        return _moved(operation, acted, state.target_node)
    if called_back(operation):
        return _called_back(operation)
    return _gave_up(operation, "the migration is gone")


def _moved(operation: Operation, acted: Acted, target: str) -> Course:
    return completed(f"{_name(operation)} moved from {acted.host} to {target or _where(operation)}.")


def _gave_up(operation: Operation, words: str) -> Course:
    told = f" Its words: {words}" if words else ""
    return failed(
        Reason.MIGRATION_FAILED, f"KubeVirt could not move {_name(operation)}, which runs on where it was.{told}"
    )


def _called_back(operation: Operation) -> Course:
    if operation.spec.cancel or operation.deleting:
        return failed(Reason.CANCELLED, f"The move of {_name(operation)} was called back.")
    return failed(
        Reason.DEADLINE_EXCEEDED, f"{_name(operation)} was not moved by the deadline, and the move was called back."
    )


def _pinned(operation: Operation) -> str:
    """Why the machine's own spec does not let it go there; empty if it does. KubeVirt would look for a node in vain, for minutes."""
    live = machine(operation)
    pin = live.view.spec.placement.host if live and live.view.spec else None
    if live is None or pin in {None, _wish(operation).host}:
        return ""
    return (
        f"{live.key} is pinned to node {pin} (spec.placement.host), and goes nowhere else. Name another there, or none."
    )


def _unusable(operation: Operation, host: str) -> str:
    """Why the node takes no machine; empty if it does."""
    live = node(operation, host)
    if live is None:
        return f"Node {host} does not exist. Name another (kubectl get nodes), or none: then any other will do."
    if live.meta.labels.get(SCHEDULABLE) != "true":
        return f"Node {host} takes no machines: KubeVirt's virt-handler does not say that it is ready there."
    if live.view.spec.unschedulable:
        return f"Node {host} takes no new work. Let it: kubectl uncordon {host}, or name another."
    return ""


def _where(operation: Operation) -> str:
    return _wish(operation).host or "another node"


def _wish(operation: Operation) -> Migrate:
    return operation.spec.migrate or Migrate()


def _name(operation: Operation) -> str:
    return operation.spec.target.name


MIGRATE: Final = Action(would=_would, why_not=_why_not, begin=_begin, course=_course)
