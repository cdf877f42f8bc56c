"""Logs: for a person at a terminal, else a JSON object a line."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

TERMINAL = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(level: str) -> None:
    """One handler on standard error, the root logger's."""
    handler = logging.StreamHandler(sys.stderr)
    plain = sys.stderr.isatty()
    handler.setFormatter(
        logging.Formatter(TERMINAL) if plain else JsonFormatter(FIELDS, rename_fields={"levelname": "level"})
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("kopf", "aiohttp", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)  # that it takes no signals is as we want it
