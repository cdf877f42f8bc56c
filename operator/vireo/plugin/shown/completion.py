"""What completes a word: from the table of commands alone, or by the names of what it says can stand there.

The answer is in the form of Cobra, which kubectl's own completion reads too: a candidate a line, with a tab and its help behind it,
and last a number that tells the shell what else to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vireo.plugin.commands import ANYWHERE, COMMANDS, Argument, Command, Flag, Of, command

FILES: Final = 0
"""The shell completes the names of files."""
NO_SPACE: Final = 2
"""More can be typed behind the candidate."""
NO_FILES: Final = 4


@dataclass(frozen=True)
class Candidate:
    """What can stand there."""

    text: str
    help: str = ""


@dataclass(frozen=True)
class Wanted:
    """What can stand where the cursor is: `candidates`, or the names of what `of` says. `partial` is what is typed of it already, and
    `before` what of the same word stands before it. `given` are the flags that stand before."""

    partial: str
    candidates: tuple[Candidate, ...] = ()
    of: Of | None = None
    before: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Walk:
    """What the words before the cursor say."""

    command: Command | None = None
    arguments: int = 0
    awaits: Flag | None = None
    """The flag whose value comes next."""
    given: dict[str, str] = field(default_factory=dict)

    @property
    def flags(self) -> tuple[Flag, ...]:
        return self.command.flags if self.command else ANYWHERE

    def flag(self, name: str) -> Flag | None:
        return next((one for one in self.flags if name in one.names), None)

    def step(self, word: str) -> None:
        """One word further."""
        if self.awaits:
            self.given[self.awaits.dest], self.awaits = word, None
        elif word.startswith("-"):
            self._over_flag(*word.partition("="))
        elif self.command is None:
            self.command = command(word)
        else:
            self.arguments += 1

    def _over_flag(self, name: str, equals: str, value: str) -> None:
        found = self.flag(name)
        if found and found.value and not equals:
            self.awaits = found
        elif found:
            self.given[found.dest] = value


def wanted(words: Sequence[str]) -> Wanted:
    """Of the words behind the program's name, the last of which is being typed. (bash hands on an = as a word of its own.)"""
    walk = _Walk()
    for word in words[:-1]:
        if word != "=":
            walk.step(word)
    last = words[-1] if words else ""
    partial = "" if last == "=" else last
    if walk.awaits:
        return _value(walk.awaits, partial, walk)
    name, equals, value = partial.partition("=")
    if equals and (found := walk.flag(name)) and found.value:
        return _value(found, value, walk, before=f"{name}=")
    if partial.startswith("-"):
        return Wanted(partial, _matching(_flags(walk), partial), given=walk.given)
    if walk.command is None:
        return Wanted(
            partial, _matching((Candidate(one.name, one.help) for one in COMMANDS), partial), given=walk.given
        )
    return _argument(walk.command.arguments[walk.arguments : walk.arguments + 1], partial, walk)


def _value(flag: Flag, partial: str, walk: _Walk, before: str = "") -> Wanted:
    choices = _matching((Candidate(one) for one in flag.choices), partial)
    return Wanted(partial, choices, flag.of, before, walk.given)


def _argument(expected: Sequence[Argument], partial: str, walk: _Walk) -> Wanted:
    """Nothing where all arguments are there."""
    choices = [Candidate(one) for argument in expected for one in argument.choices]
    of = next((argument.of for argument in expected), None)
    return Wanted(partial, _matching(choices, partial), of, given=walk.given)


def _flags(walk: _Walk) -> Iterable[Candidate]:
    """The long names of those that are not given yet, nor one in whose place they stand."""
    given = {name for flag in walk.flags if flag.dest in walk.given for name in (*flag.names, flag.instead_of)}
    for flag in walk.flags:
        if not given.intersection((flag.names[-1], flag.instead_of or flag.names[-1])):
            yield Candidate(flag.names[-1], flag.help)


def _matching(found: Iterable[Candidate], partial: str) -> tuple[Candidate, ...]:
    return tuple(one for one in found if one.text.startswith(partial))


def answer(asked: Wanted, names: Iterable[str] = ()) -> str:
    """What is printed: the candidates, or those of the names that begin with what was typed."""
    if asked.of == "file":
        return f":{FILES}\n"
    found = [*asked.candidates, *_matching((Candidate(name) for name in sorted(set(names))), asked.partial)]
    lines = [f"{asked.before}{one.text}\t{one.help}".rstrip("\t") for one in found]
    more = NO_SPACE if found and all(one.text.endswith("/") for one in found) else 0
    return "\n".join([*lines, f":{NO_FILES | more}"]) + "\n"
