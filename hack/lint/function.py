"""What is measured of a function, whatever its language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """`lines` without its documentation `doc`; `parameters` without self and cls, or the receiver."""

    name: str
    line: int
    lines: int
    parameters: int
    doc: str
