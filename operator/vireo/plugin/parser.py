"""The parser of what was typed, made of the table of commands."""

import argparse
from collections.abc import Callable, Iterable
from typing import Final

from vireo.plugin.commands import ANYWHERE, COMMANDS, Argument, Command, Flag

PROGRAM: Final = "kubectl vireo"
WHAT: Final = "A vSphere-like API on any Kubernetes cluster with KubeVirt: look at it, and act on its machines."

Add = Callable[..., object]
"""argparse's add_argument, of a parser or of a group of which one may be given."""


def parser() -> argparse.ArgumentParser:
    """Ends the process with 2 where what was typed is not understood."""
    made = argparse.ArgumentParser(prog=PROGRAM, description=WHAT, allow_abbrev=False)
    for flag in ANYWHERE:
        _add_flag(made.add_argument, flag)
    below = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        _add(
            below.add_parser(command.name, help=command.help, description=_described(command), allow_abbrev=False),
            command,
        )
    return made


def _described(command: Command) -> str:
    return f"{command.help[0].upper()}{command.help[1:]}. {command.more}".strip()


def _add(to: argparse.ArgumentParser, command: Command) -> None:
    for argument in command.arguments:
        _add_argument(to.add_argument, argument)
    for group in _alternatives(command.flags):
        place = to.add_mutually_exclusive_group().add_argument if len(group) > 1 else to.add_argument
        for flag in group:
            # What stood before the subcommand stays where it is not given again.
            _add_flag(place, flag, default=argparse.SUPPRESS if flag in ANYWHERE else "")


def _alternatives(flags: Iterable[Flag]) -> list[list[Flag]]:
    """The flags in their order, those together of which only one may be given."""
    groups: list[list[Flag]] = []
    for flag in flags:
        mine = next((group for group in groups if any(flag.instead_of in one.names for one in group)), None)
        if mine:
            mine.append(flag)
        else:
            groups.append([flag])
    return groups


def _add_argument(add: Add, argument: Argument) -> None:
    add(
        argument.dest,
        metavar=argument.name,
        help=argument.help,
        choices=argument.choices or None,
        nargs="?" if argument.default else None,
        default=argument.default or None,
    )


def _add_flag(add: Add, flag: Flag, default: str = "") -> None:
    if flag.value:
        add(
            *flag.names,
            dest=flag.dest,
            metavar=flag.value,
            help=flag.help,
            choices=flag.choices or None,
            default=default,
        )
    else:
        add(*flag.names, dest=flag.dest, help=flag.help, action="store_true")
