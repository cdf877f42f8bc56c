"""From the bytes of an object to what decisions see of it: metadata, the declared view, and a fingerprint. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from vireo.api.kind import Kind
from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Spec, Status
from vireo.api.resources import Resource

View = TypeVar("View", bound=msgspec.Struct)

UNSIGNED = frozenset({"apiVersion", "kind", "status"})
"""Top-level fields that are no part of the fingerprint (items of a list lack the first two)."""
UNSIGNED_METADATA = frozenset({"resourceVersion", "managedFields", "generation", "annotations", "labels", "finalizers"})
"""The last three are maps and sets that every writer has its own part of: whether ours is there is looked at as it is (plan.py)."""


class _Envelope(msgspec.Struct):
    metadata: Meta


class _Own(msgspec.Struct):
    metadata: Meta
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


_envelope = msgspec.json.Decoder(_Envelope)
_own = msgspec.json.Decoder(_Own)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(resource: Resource, view: type[View], raw: bytes | msgspec.Raw) -> Live[View]:
    """One object as the API server sent it. `view` is a Struct of the whole object, with only the fields that are used.

    Raises msgspec.ValidationError, with the path of the field, where the object does not fit.
    """
    return Live(resource, _envelope.decode(raw).metadata, _view_of(view).decode(raw), fingerprint(raw))


def decode_own(kind: Kind[Spec, Status], raw: bytes | msgspec.Raw) -> Live[OwnView]:
    """One object of a kind of ours, with spec and status as the kind's types.

    A spec that does not fit this version's types is said in `view.invalid`; a status that does not counts as none: it is
    written anew.
    """
    own = _own.decode(raw)
    try:
        status = kind.status.model_validate(own.status)
    except ValidationError:
        status = kind.status()
    try:
        view = OwnView(kind.spec.model_validate(own.spec), status)
    except ValidationError as error:
        view = OwnView(None, status, invalid=_sentence(error))
    return Live(kind.resource, own.metadata, view, fingerprint(raw))


def _sentence(error: ValidationError) -> str:
    parts = (f"spec.{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return "; ".join(sorted(parts))


def fingerprint(raw: bytes | msgspec.Raw) -> str:
    """A hash of what an object's writers decide together: equal as long as none of them changed it.

    The API server writes an object's fields in the same order each time, so its bytes are compared as they are.
    """
    fields = _fields.decode(raw)
    metadata = _fields.decode(fields.pop("metadata"))
    signed = (list(_signed(metadata, UNSIGNED_METADATA)), list(_signed(fields, UNSIGNED)))
    return hashlib.blake2b(msgspec.json.encode(signed), digest_size=12).hexdigest()


def _signed(fields: Mapping[str, msgspec.Raw], left_out: frozenset[str]) -> Iterator[tuple[str, msgspec.Raw]]:
    for name in sorted(fields.keys() - left_out):
        yield name, fields[name]


@cache
def _view_of(view: type[View]) -> msgspec.json.Decoder[View]:
    return msgspec.json.Decoder(view)
