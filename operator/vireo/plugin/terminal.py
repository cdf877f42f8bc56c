"""Where it is printed: a terminal has tables and colours, all else has JSON, unless the user says otherwise."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from vireo.plugin.shown.style import Style, plain

Page = Callable[[Style], Iterable[str]]


@dataclass(frozen=True)
class Terminal:
    """The process' own output. `form` is table, json, yaml or name."""

    form: str
    style: Style

    @classmethod
    def of_process(cls, form: str, environment: Mapping[str, str]) -> "Terminal":
        """`form` as the user asked for it; empty where they did not."""
        is_terminal = sys.stdout.isatty()
        colour = is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        return cls(form or ("table" if is_terminal else "json"), Style(colour))

    @property
    def tells(self) -> bool:
        """Whether it is for people: what happens is told while it happens."""
        return self.form == "table"

    def show(self, value: Any, page: Page) -> None:
        """The value: as its page, or as JSON or YAML."""
        if self.form == "json":
            self.say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
        elif self.form == "yaml":
            import yaml  # here: nearly nobody asks for it

            self.say(yaml.safe_dump(msgspec.to_builtins(value), sort_keys=False, allow_unicode=True).rstrip())
        else:
            self.say("\n".join(page(self.style)))

    def say(self, text: str) -> None:
        """Raises BrokenPipeError where nobody reads any more."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """What is said beside the answer, in a line."""
        note(text)


def note(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{plain(text).rstrip()}\n")
    sys.stderr.flush()
