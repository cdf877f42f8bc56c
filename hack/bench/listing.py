"""The bare paged list: all objects that the operator watches, a page of 500 after the other, to bytes and no further."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cloud.settings import Settings
from vireo.api.resources import Key, Resource
from vireo.kinds import KINDS
from vireo.kube.client import ApiError, Client
from vireo.kube.pages import Bare, pages
from vireo.kube.store import Store


@dataclass(frozen=True)
class Listing:
    """What one list of everything took and showed."""

    seconds: float
    objects: int
    size: int
    versions: Mapping[Key, str]
    """The resource version of each object that has a namespace: nodes and the like have their own reasons to change."""


def list_all(settings: Settings) -> Listing:
    """With the operator's selectors, all resources at once: as it does itself."""
    os.environ["KUBECONFIG"] = str(settings.kubeconfig)
    return asyncio.run(_list_all())


async def _list_all() -> Listing:
    store = Store(KINDS)
    watched = [(one.resource, one.selector) for watches in store.watches.values() for one in watches]
    asked = [*((resource, "") for resource in store.kinds if resource not in store.watches), *watched]
    async with await Client.connect() as client:
        began = time.monotonic()
        found = await asyncio.gather(*(_list(client, *one) for one in asked))
        seconds = time.monotonic() - began
    return Listing(
        seconds,
        sum(map(len, found)),
        sum(len(raw) for items in found for raw in items),
        {
            key: version
            for (resource, _), items in zip(asked, found, strict=True)
            for key, version in (_version(resource, raw) for raw in items)
            if key.namespace
        },
    )


async def _list(client: Client, resource: Resource, selector: str) -> list[msgspec.Raw]:
    query = {"labelSelector": selector} if selector else {}
    try:
        return [raw async for page in pages(client, resource, query) for raw in page.items]
    except ApiError as error:
        if error.code == 404:  # not served here
            return []
        raise


def _version(resource: Resource, raw: msgspec.Raw) -> tuple[Key, str]:
    bare = msgspec.json.decode(raw, type=Bare)
    return bare.key(resource), bare.metadata.resource_version
