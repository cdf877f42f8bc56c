"""What the subcommands read: lists as bytes, and glances at objects."""

import msgspec

from vireo.api.resources import Key, Resource
from vireo.kube.client import ApiError, Client
from vireo.kube.pages import pages
from vireo.plugin.failure import ABSENT
from vireo.plugin.shown.glance import Glance, Seen


async def raws(client: Client, resource: Resource, namespace: str = "", **query: str) -> list[msgspec.Raw] | None:
    """All objects, of a namespace or of all; None where the cluster does not serve them. Raises ApiError."""
    asked = {name: value for name, value in query.items() if value}
    try:
        return [raw async for page in pages(client, resource, asked, namespace=namespace) for raw in page.items]
    except ApiError as error:
        if error.code == ABSENT:
            return None
        raise


def seen(resource: Resource, raw: msgspec.Raw | bytes) -> Seen:
    """A glance at an object. Raises msgspec.ValidationError where it is none."""
    found = msgspec.json.decode(raw, type=Glance)
    return Seen(Key(resource, found.metadata.namespace, found.metadata.name), found)
