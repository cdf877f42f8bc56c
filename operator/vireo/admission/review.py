"""Reviews: what the API server asks (AdmissionReview), and what it is answered. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from vireo.api.conditions import Finding
from vireo.api.decode import decode_own
from vireo.api.kind import Kind
from vireo.api.objects import Live, OwnView
from vireo.api.reasons import Reason
from vireo.api.reconcile import Observed

AnyKind = Kind[Any, Any]
WhyNot = Callable[[Observed[Any, Any]], Finding | None]

API_VERSION: Final = "admission.k8s.io/v1"
UNPROCESSABLE: Final = 422


class BadReviewError(Exception):
    """What was sent is no review that this webhook asked for; in words for a log."""


@dataclass(frozen=True)
class Review:
    """A spec that is being applied: the object as it would be, and as it was (None where it is new)."""

    uid: str
    kind: AnyKind
    live: Live[OwnView]
    old: Live[OwnView] | None


@dataclass(frozen=True)
class Verdict:
    """What is said: a refusal with the field at fault, or a warning, or nothing."""

    refusal: Finding | None = None
    field: str = ""
    warning: Finding | None = None

    @property
    def outcome(self) -> str:
        """The word for metrics."""
        return "refused" if self.refusal else "warned" if self.warning else "allowed"


class _Resource(msgspec.Struct):
    group: str
    resource: str


class _Request(msgspec.Struct, rename="camel"):
    uid: str
    resource: _Resource
    object: msgspec.Raw
    old_object: msgspec.Raw = msgspec.Raw(b"null")


class _Review(msgspec.Struct, rename="camel"):
    api_version: str
    request: _Request


_reviews: Final = msgspec.json.Decoder(_Review)
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""What a path to the API server may be made of: whoever reaches this process may send anything."""


def read(body: bytes, kinds: Iterable[AnyKind]) -> Review:
    """The review in a request's body. Raises BadReviewError."""
    try:
        found = _reviews.decode(body)
        kind = _kind(found, kinds)
        old = _own(kind, found.request.old_object) if bytes(found.request.old_object) != b"null" else None
        return Review(found.request.uid, kind, _own(kind, found.request.object), old)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReviewError(f"no AdmissionReview of {API_VERSION}: {error}") from error


def _own(kind: AnyKind, raw: msgspec.Raw) -> Live[OwnView]:
    live = decode_own(kind, raw)
    if not _NAME.fullmatch(live.meta.name) or not _NAME.fullmatch(live.meta.namespace or "none"):
        raise BadReviewError(f"no object has the name {live.key!s:.500}")
    return live


def _kind(found: _Review, kinds: Iterable[AnyKind]) -> AnyKind:
    if found.api_version != API_VERSION:
        raise BadReviewError(f"a review of {found.api_version[:63]}, and not of {API_VERSION}")
    named = (found.request.resource.group, found.request.resource.resource)
    for kind in kinds:
        if kind.admission and (kind.resource.group, kind.resource.plural) == named:
            return kind
    raise BadReviewError(f"nothing is said of {named[1][:63]}.{named[0][:253]}")


def judge(review: Review, observed: Observed[Any, Any]) -> Verdict:
    """What is said of the spec. Refused is only what this update would bring: what was so before it is a warning."""
    admission = review.kind.admission
    found = admission.why_not(observed) if admission else None
    if admission is None or found is None or found.reason not in admission.warns | admission.refuses.keys():
        return Verdict()
    if found.reason in admission.refuses and _is_news(review, observed, found.reason, admission.why_not):
        return Verdict(refusal=found, field=admission.refuses[found.reason])
    return Verdict(warning=found)


def _is_news(review: Review, observed: Observed[Any, Any], reason: Reason, why_not: WhyNot) -> bool:
    """Whether the object did not have this fault before. A new object is not refused: nothing of it would be left."""
    if review.old is None or review.old.view.invalid:
        return False
    before = why_not(replace(observed, spec=review.old.view.spec))
    return before is None or before.reason is not reason


def answer(review: Review, verdict: Verdict) -> bytes:
    """The AdmissionReview that goes back. Refusals have the form of those by the schema, so that every client shows the field."""
    response: dict[str, Any] = {"uid": review.uid, "allowed": verdict.refusal is None}
    if verdict.refusal:
        response["status"] = _status(review, verdict.refusal, verdict.field)
    if verdict.warning:
        response["warnings"] = [f"{review.live.key}: {verdict.warning.message}"]
    return msgspec.json.encode({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response})


def _status(review: Review, refusal: Finding, field: str) -> dict[str, Any]:
    key = review.live.key
    cause = {"reason": "FieldValueForbidden", "field": field, "message": f"{refusal.reason}: {refusal.message}"}
    return {
        "status": "Failure",
        "code": UNPROCESSABLE,
        "reason": "Invalid",
        "message": f"{field}: {refusal.message}",
        "details": {"group": key.resource.group, "kind": key.resource.kind, "name": key.name, "causes": [cause]},
    }
