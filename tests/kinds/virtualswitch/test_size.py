"""A pass over a switch costs each attachment the same, however many there are. Bytecodes are counted, so no clock is asked."""

import sys
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from typing import Any

from kinds.test_cases import NOON
from support.world import Raw, World

from vireo.api.names import API_VERSION
from vireo.kinds import KINDS
from vireo.kinds.platform.kind import THE_PLATFORM

GROUPS = 8


def test_twice_the_namespaces_cost_twice() -> None:
    few, many = (bytecodes(settled(namespaces).steps) for namespaces in (10, 20))
    assert many < 2.2 * few


def settled(namespaces: int) -> World:
    """A switch whose port groups are for every namespace, with all its attachments."""
    groups = [{"name": f"group-{number}", "namespaces": {}} for number in range(GROUPS)]
    world = World(
        KINDS,
        datetime.fromisoformat(NOON),
        raw(API_VERSION, "VirtualSwitch", "prod", spec={"uplink": {"bridge": "br-prod"}, "portGroups": groups}),
        raw(API_VERSION, "Platform", THE_PLATFORM.name, status=NETWORKS),
        *(raw("v1", "Namespace", f"team-{number}") for number in range(namespaces)),
    )
    world.settle()
    assert len(world.observe().children) == GROUPS * namespaces
    return world


NETWORKS = {"observedGeneration": 1, "components": [{"name": "Networks", "state": "Supported"}]}


def raw(api_version: str, kind: str, name: str, **rest: Any) -> Raw:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **rest}


def bytecodes(work: Callable[[], object]) -> int:
    """How many bytecodes of Python the work takes."""
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
