"""Vireo's own objects as they are kept: decoded by their kind's types, or kept with the reason why they can not be."""

import msgspec
from pydantic import ValidationError

from vireo.api.decode import decode_own
from vireo.api.kind import Kind
from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Spec, Status
from vireo.api.schema import Model


class _Metadata(msgspec.Struct):
    metadata: Meta


class _Anything(Model):
    """Stands for a part that is not looked at."""


def keep(kind: Kind[Spec, Status], raw: bytes) -> Live[OwnView]:
    """An object of a kind of ours from the wire. A status of another version counts as none: it is written anew."""
    try:
        return decode_own(kind.resource, kind.spec, kind.status, raw)
    except ValidationError:
        return _keep_in_part(kind, raw)


def _keep_in_part(kind: Kind[Spec, Status], raw: bytes) -> Live[OwnView]:
    try:
        view: OwnView = decode_own(kind.resource, kind.spec, _Anything, raw).view
        kept = OwnView(view.spec, kind.status())
    except ValidationError as error:
        kept = OwnView(None, kind.status(), invalid=_sentence(error))
    return Live(kind.resource, msgspec.json.decode(raw, type=_Metadata).metadata, kept)


def _sentence(error: ValidationError) -> str:
    parts = (f"spec.{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return "; ".join(sorted(parts))
