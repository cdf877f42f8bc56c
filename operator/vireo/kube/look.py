"""A look at the cluster as it is now, for who keeps no store: the same values that a reconcile sees, asked for one by one."""

import asyncio
from datetime import datetime
from typing import Any, Final

import msgspec

from vireo.api.decode import decode
from vireo.api.kind import Kind, Watch
from vireo.api.objects import Live, Meta, OwnView
from vireo.api.reconcile import Observed
from vireo.api.resources import Key
from vireo.kube.client import ApiError, Client
from vireo.kube.pages import pages

ABSENT: Final = 404
UNREADABLE: Final = 502


async def get(client: Client, key: Key) -> msgspec.Raw | None:
    """The object's bytes; None where it does not exist, or its kind is not served. Raises ApiError."""
    try:
        return msgspec.Raw(await client.request("GET", key.resource.path(key.namespace, key.name)))
    except ApiError as error:
        if error.code == ABSENT:
            return None
        raise


async def listed(client: Client, watch: Watch, namespace: str = "", label_selector: str = "") -> list[Live[Any]]:
    """All objects of a watched resource, or of a namespace; of what is not served there is none. Raises ApiError."""
    selector = label_selector or watch.selector
    query = {"labelSelector": selector} if selector else {}
    try:
        found = [page async for page in pages(client, watch.resource, query, namespace=namespace)]
    except ApiError as error:
        if error.code == ABSENT:
            return []
        raise
    return [read(watch, raw) for page in found for raw in page.items]


def read(watch: Watch, raw: msgspec.Raw) -> Live[Any]:
    """The object as a watch would keep it. Raises ApiError where it does not fit."""
    try:
        return decode(watch.resource, watch.view, raw)
    except msgspec.ValidationError as error:
        raise ApiError("GET", watch.resource.path(), UNREADABLE, "Unreadable", str(error)) from error


async def singleton(client: Client, kind: Kind[Any, Any], now: datetime) -> Live[OwnView]:
    """The one object of a kind that only looks at the cluster, with the status that it would have now. Raises ApiError."""
    found = await asyncio.gather(*(listed(client, watch) for watch in kind.watches))
    observed: Observed[Any, Any] = Observed(
        key=Key(kind.resource, "", kind.singleton),
        meta=Meta(kind.singleton, generation=1),
        spec=kind.spec(),
        status=kind.status(),
        now=now,
        children=tuple(live for some in found for live in some),
    )
    status = kind.status_of(observed, kind.desired(observed), ())
    return Live(kind.resource, observed.meta, OwnView(observed.spec, status))
