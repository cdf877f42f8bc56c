"""Vireo's own objects as they are kept: spec and status as the kind's types, or the reason why they can not be read."""

from typing import Any

import msgspec
from pydantic import ValidationError

from vireo.api.kind import Kind
from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Spec, Status


class _Own(msgspec.Struct):
    metadata: Meta
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


def decode_own(kind: Kind[Spec, Status], raw: bytes) -> Live[OwnView]:
    """An object of a kind of ours from the wire. A status of another version counts as none: it is written anew."""
    own = msgspec.json.decode(raw, type=_Own)
    try:
        status = kind.status.model_validate(own.status)
    except ValidationError:
        status = kind.status()
    try:
        view = OwnView(kind.spec.model_validate(own.spec), status)
    except ValidationError as error:
        view = OwnView(None, status, invalid=_sentence(error))
    return Live(kind.resource, own.metadata, view)


def _sentence(error: ValidationError) -> str:
    parts = (f"spec.{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return "; ".join(sorted(parts))
