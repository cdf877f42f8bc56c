"""One turn: an instance, its domain and the scene, and from them the instance as virt-handler would leave it.

Pure but for the domain, which is the player's alone. Each turn makes at most one write, as each of virt-handler's does,
so that others see every state in between.
"""

import copy

from cloud.simulated.player import migration, owner
from cloud.simulated.player.domain import Domain, asked_to_end
from cloud.simulated.player.instance import Json, is_final, node_of, phase_of, target_of
from cloud.simulated.player.scene import Scene, Turn


def ours(vmi: Json, nodes: frozenset[str]) -> bool:
    """True if one of these nodes owns the instance, or is asked to take it over."""
    return node_of(vmi) in nodes or target_of(vmi) in nodes


def play(vmi: Json, domain: Domain, scene: Scene) -> Turn:
    """Plays the nodes' part on a copy of the instance."""
    turn = Turn(copy.deepcopy(vmi))
    if is_final(vmi) or phase_of(vmi) not in ("Scheduled", "Running"):
        return turn
    if migration.under_way(vmi) and asked_to_end(vmi) is None:
        migration.step(turn, domain, scene)
    elif node_of(vmi) in scene.nodes:
        owner.own(turn, domain, scene)
    return turn
