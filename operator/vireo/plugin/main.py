"""From what was typed to the exit code: 0, or 1 with what is wrong, 2 where it was not understood, 130 where it was interrupted."""

import asyncio
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from vireo.plugin.completion import complete
from vireo.plugin.parser import PROGRAM, parser
from vireo.plugin.shown.scripts import SCRIPTS

if TYPE_CHECKING:
    from vireo.plugin.session import Session

COMPLETE: Final = "__complete"
"""What a shell asks: no subcommand of people's."""
INTERRUPTED: Final = 130

Run = Callable[["Session"], Awaitable[int]]


def main(arguments: list[str], now: Callable[[], datetime]) -> int:
    """Runs the subcommand that was typed."""
    if arguments[:1] == [COMPLETE]:
        sys.stdout.write(complete(arguments[1:]))
        return 0
    asked = parser().parse_args(arguments or ["--help"])
    if asked.command == "completion":
        sys.stdout.write(SCRIPTS[asked.shell])
        return 0
    try:
        return _reported(asked, now)
    except BrokenPipeError:  # who reads has seen enough; and what is written at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _reported(asked: Namespace, now: Callable[[], datetime]) -> int:
    """What is wrong is said in a line."""
    import msgspec  # here and below: reaching for a cluster takes a second, which --help and the completion do without

    from vireo.kube.client import ApiError
    from vireo.plugin.failure import PluginError, sentence
    from vireo.plugin.terminal import note

    logging.getLogger().addHandler(logging.NullHandler())  # what libraries would say of it is said once, by us
    try:
        return asyncio.run(_run(asked, now))
    except ApiError as error:
        words = sentence(error)
    except PluginError as error:
        words = str(error)
    except msgspec.DecodeError as error:
        words = f"the API server's answer is not understood: {error}. Is this plugin as new as Vireo in the cluster?"
    note(f"{PROGRAM} {asked.command}: {words}")
    return 1


async def _run(asked: Namespace, now: Callable[[], datetime]) -> int:
    from vireo.plugin.session import Session, checked, connect
    from vireo.plugin.terminal import Terminal

    terminal = Terminal.of_process(getattr(asked, "output", ""), os.environ)
    run: Run = import_module(f"vireo.plugin.{asked.command}").run
    async with await connect(asked.kubeconfig, asked.context) as client:
        client.warn = lambda text: terminal.note(f"Warning: {text}")
        return await run(Session(client, asked, terminal, now, checked(asked.namespace or client.namespace)))
