"""The vocabulary of spec and status types: pydantic models whose annotations are the one source of the CRDs' schemas.

Beside pydantic's own bounds (`max_length`, `pattern`, `ge`), a field may carry in its Annotated[...]:
  Rule(expression, message)   a CEL rule with its message (x-kubernetes-validations), on the field so that the error has its path
  ListMap("name")             the list is a map by these keys (x-kubernetes-list-type: map); other lists are atomic
  Refused("array", message)   a field of another API's object that is never accepted, with the way out
hack/generate/crds.py turns them into structural schemas.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from vireo.api.quantities import duration, duration_text


class Model(BaseModel):
    """A frozen object of the API: snake_case in Python, camelCase on the wire; unknown fields are another version's and ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    def wire(self) -> dict[str, Any]:
        """The JSON form, without what is unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class OpenModel(Model):
    """An object of another API: what is not declared here is kept as it is (x-kubernetes-preserve-unknown-fields).

    A field has its name on the wire alone: by its name in Python, which the schema does not know, it would come in past the schema.
    """

    model_config = ConfigDict(extra="allow", populate_by_name=False)


@dataclass(frozen=True)
class Rule:
    """A CEL rule. `path` names the field that the error is reported at, relative to where the rule stands (default: there).
    `named` is an expression for the names that the message ends with: of the first items that break the rule.
    """

    expression: str
    message: str
    path: str = ""
    optional_old_self: bool = False
    named: str = ""


@dataclass(frozen=True)
class ListMap:
    """The list is a map by these keys: server-side apply merges its items, and no key comes twice."""

    keys: tuple[str, ...]

    def __init__(self, *keys: str) -> None:
        object.__setattr__(self, "keys", keys)


@dataclass(frozen=True)
class Refused:
    """A field of another API's object that is never accepted. It has its JSON type there, since no rule sees a field without one."""

    type: Literal["array", "boolean", "integer", "object", "string"]
    message: str


def _utc(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[datetime, PlainSerializer(_utc, return_type=str)]
"""A moment, in UTC, to the second (RFC 3339)."""


def _utc_with_fraction(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value.microsecond else _utc(value)


MicroTime = Annotated[datetime, PlainSerializer(_utc_with_fraction, return_type=str)]
"""A moment, in UTC, as exact as it is known (as metav1.MicroTime): for what is measured."""

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda value: duration(value) if isinstance(value, str) else value),
    PlainSerializer(duration_text, return_type=str),
    pydantic.WithJsonSchema({"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$", "maxLength": 32}),
]
"""A Go duration such as 90s or 1h30m."""

Quantity = Annotated[
    str,
    Field(pattern=r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$", max_length=32),
]
"""A positive Kubernetes quantity in text, such as 20Gi; vireo.api.quantities reads it."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", min_length=1, max_length=253)]
"""The name of an object (a DNS subdomain)."""

Image = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$", min_length=1, max_length=512)]
"""A container image, as a pod names it."""

Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)]
"""A DNS label: the name of an item in a list, or of an object whose name becomes a host's."""
