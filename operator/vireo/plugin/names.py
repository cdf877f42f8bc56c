"""The names that complete a word: those of the cluster, and the contexts of a kubeconfig. Where it does not answer there are none."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from vireo.api.resources import NAMESPACE, NODE, VIRTUAL_MACHINE, Resource
from vireo.kube.client import METADATA_ONLY_LIST, ApiError, Client
from vireo.kube.pages import Bare, pages
from vireo.plugin.session import connect, contexts
from vireo.plugin.shown.completion import Wanted

SECONDS: Final = 3.0
"""A shell does not wait longer."""
LISTED: Final[Mapping[str, Resource]] = {"machine": VIRTUAL_MACHINE, "node": NODE, "namespace": NAMESPACE}


def names(asked: Wanted) -> list[str]:
    """What there is of what can stand there."""
    try:
        if asked.of == "context":
            return contexts(asked.given.get("kubeconfig", ""))
        return asyncio.run(_of_cluster(asked))
    except (ApiError, TimeoutError, msgspec.DecodeError):
        return []


async def _of_cluster(asked: Wanted) -> list[str]:
    given = asked.given
    async with asyncio.timeout(SECONDS):
        async with await connect(given.get("kubeconfig", ""), given.get("context", "")) as client:
            namespace = given.get("namespace") or client.namespace
            if asked.of == "object":
                return await _objects(client, namespace, asked.partial)
            assert asked.of is not None, "it is asked for names of something"
            return await _listed(client, LISTED[asked.of], namespace)


async def _objects(client: Client, namespace: str, partial: str) -> list[str]:
    """The kinds, each with a slash; behind one, its objects."""
    from vireo.plugin.tree import KIND_OF  # here: only this needs to know all kinds

    word, slash, _ = partial.partition("/")
    if not slash:
        return [f"{kind.short_names[0]}/" for kind in KIND_OF.values()] + [
            f"{kind.singular}/" for kind in KIND_OF.values()
        ]
    kind = KIND_OF.get(word.lower())
    return [f"{word}/{name}" for name in await _listed(client, kind.resource, namespace)] if kind else []


async def _listed(client: Client, resource: Resource, namespace: str) -> list[str]:
    where = namespace if resource.namespaced else ""
    found = [raw async for page in pages(client, resource, {}, METADATA_ONLY_LIST, where) for raw in page.items]
    return [msgspec.json.decode(raw, type=Bare).metadata.name for raw in found]
