"""A whole list, page by page, with the resource version that it was true at."""

from collections.abc import AsyncIterator, Mapping

import msgspec

from vireo.api.resources import Key, Resource
from vireo.kube.client import JSON, METADATA_ONLY_LIST, Client
from vireo.kube.store import version_of

PAGE = "500"


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct):
    """A part of a list; `metadata.resource_version` is the same in all parts."""

    metadata: _ListMeta
    found: list[msgspec.Raw] | None = msgspec.field(name="items", default=None)

    @property
    def items(self) -> list[msgspec.Raw]:
        """A list of metadata alone says null where there is none."""
        return self.found or []


class BareMeta(msgspec.Struct, rename="camel"):
    """What tells one object from another."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class Bare(msgspec.Struct):
    """What every object has, a bookmark too."""

    metadata: BareMeta

    def key(self, resource: Resource) -> Key:
        return Key(resource, self.metadata.namespace, self.metadata.name)


async def pages(
    client: Client, resource: Resource, query: Mapping[str, str], accept: str = JSON, namespace: str = ""
) -> AsyncIterator[Page]:
    """All pages of the list, of a namespace or of all. Raises ApiError (410 where it took too long), or msgspec.DecodeError."""
    asked = {"limit": PAGE, **query}
    while True:
        page = msgspec.json.decode(
            await client.request("GET", resource.path(namespace), asked, accept=accept), type=Page
        )
        yield page
        if not page.metadata.continue_:
            return
        asked["continue"] = page.metadata.continue_


async def present(client: Client, resource: Resource) -> tuple[set[Key], int]:
    """The keys of all objects that there are, and the version at which there were. Raises as `pages`."""
    keys: set[Key] = set()
    version = ""
    async for page in pages(client, resource, {}, METADATA_ONLY_LIST):
        keys |= {msgspec.json.decode(raw, type=Bare).key(resource) for raw in page.items}
        version = page.metadata.resource_version
    return keys, version_of(version)
