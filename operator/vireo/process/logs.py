"""Logs: for a person at a terminal, else a JSON object a line, with the object that it is about."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from vireo.reconcile.queue import working_on

TERMINAL = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(level: str) -> None:
    """One handler on standard error, the root logger's."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_say_which_object)
    handler.setFormatter(logging.Formatter(TERMINAL) if sys.stderr.isatty() else json_lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("kopf", "aiohttp", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # that it takes no signals is as we want it


def json_lines() -> JsonFormatter:
    """What a record has beside the usual becomes a field too."""
    return JsonFormatter(FIELDS, rename_fields={"levelname": "level"})


def _say_which_object(record: logging.LogRecord) -> bool:
    """Adds the field `object` to what is logged in a reconcile, as in `VirtualMachine shop/web-1`; every record passes."""
    if key := working_on.get():
        record.object = str(key)
    return True
