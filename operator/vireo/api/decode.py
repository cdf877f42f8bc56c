"""From the bytes of an object to what decisions see of it: metadata, the declared view, and a fingerprint. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from vireo.api.objects import Live, Meta, OwnView
from vireo.api.resources import Resource
from vireo.api.schema import Model

View = TypeVar("View", bound=msgspec.Struct)

UNSIGNED = frozenset({"apiVersion", "kind", "status"})
"""Top-level fields that are no part of the fingerprint (items of a list lack the first two)."""
UNSIGNED_METADATA = frozenset({"resourceVersion", "managedFields", "generation"})


class _Envelope(msgspec.Struct):
    metadata: Meta


_envelope = msgspec.json.Decoder(_Envelope)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(resource: Resource, view: type[View], raw: bytes | msgspec.Raw) -> Live[View]:
    """One object as the API server sent it. `view` is a Struct of the whole object, with only the fields that are used.

    Raises msgspec.ValidationError, with the path of the field, where the object does not fit.
    """
    return Live(resource, _envelope.decode(raw).metadata, _view_of(view).decode(raw), fingerprint(raw))


def decode_own(resource: Resource, spec: type[Model], status: type[Model], raw: bytes | msgspec.Raw) -> Live[OwnView]:
    """One object of Vireo's own kinds, with spec and status as the kind's types.

    Raises pydantic.ValidationError where the stored object does not fit this version's types.
    """
    body: Mapping[str, Any] = msgspec.json.decode(raw)
    view = OwnView(spec.model_validate(body.get("spec") or {}), status.model_validate(body.get("status") or {}))
    return Live(resource, _envelope.decode(raw).metadata, view, fingerprint(raw))


def fingerprint(raw: bytes | msgspec.Raw) -> str:
    """A hash of all that an object's writers decide: equal as long as nobody but controllers' status changed it.

    The API server writes an object's fields in the same order each time, so its bytes are compared as they are.
    """
    fields = _fields.decode(raw)
    metadata = _fields.decode(fields.pop("metadata"))
    signed = (*_signed(metadata, UNSIGNED_METADATA), *_signed(fields, UNSIGNED))
    return hashlib.blake2b(b",".join(signed), digest_size=12).hexdigest()


def _signed(fields: Mapping[str, msgspec.Raw], left_out: frozenset[str]) -> Iterator[bytes]:
    for name in sorted(fields.keys() - left_out):
        yield name.encode() + b":" + bytes(fields[name])


@cache
def _view_of(view: type[View]) -> msgspec.json.Decoder[View]:
    return msgspec.json.Decoder(view)
