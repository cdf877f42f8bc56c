"""What is logged says which object it is about."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from machinery.clock import NOON

from vireo.api.resources import VIRTUAL_MACHINE, Key
from vireo.process import logs
from vireo.reconcile.loop import Result
from vireo.reconcile.queue import Queue


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process that is at no terminal writes."""
    root, text = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", text)
    logs.configure("info")
    yield text
    root.handlers[:] = before
    root.setLevel(level)


async def test_a_line_of_a_reconcile_names_its_object_and_no_other_does(lines: io.StringIO) -> None:
    log, done = logging.getLogger("vireo.test"), asyncio.Event()

    async def work(_: Key) -> Result:
        log.info("working")
        done.set()
        return Result()

    queue = Queue(work, lambda: NOON)
    worker = asyncio.create_task(queue.run(1))
    queue.wake([Key(VIRTUAL_MACHINE, "shop", "web-1")])
    await done.wait()
    log.info("beside it")
    worker.cancel()
    said: list[dict[str, Any]] = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(one["message"], one.get("object")) for one in said] == [
        ("working", "VirtualMachine shop/web-1"),
        ("beside it", None),
    ]
    assert said[0]["level"] == "INFO"
