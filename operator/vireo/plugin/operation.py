"""What migrate and restart share: an Operation is made in the user's own name, and followed to its end."""

import asyncio
from typing import Any, Final

import msgspec

from vireo.api.conditions import COMPLETE
from vireo.api.objects import Manifest
from vireo.api.resources import OPERATION, VIRTUAL_MACHINE, Key
from vireo.kube.client import ApiError
from vireo.kube.look import get
from vireo.plugin.failure import PluginError
from vireo.plugin.session import AGENT, Session
from vireo.plugin.shown.glance import LOOK_FOR_IT
from vireo.plugin.shown.operation import Followed, calling_back, progress

LOOK_SECONDS: Final = 0.5
"""How often it is looked at: who may make an operation may get it, but perhaps not watch."""
PATIENCE_SECONDS: Final = 10.0
"""After how long it is said that nothing is said of it."""


async def operate(session: Session, manifest: Manifest, *, wait: bool) -> int:
    """Makes it, prints its name, and with `wait` its course. 0 where it did what was asked, or was made. Raises ApiError, PluginError."""
    machine = session.machine
    if await get(session.client, machine) is None:
        raise PluginError(
            f"{machine} does not exist. See what does: kubectl get {VIRTUAL_MACHINE} -n {session.namespace}"
        )
    raw = await session.client.request("POST", OPERATION.path(session.namespace), {"fieldManager": AGENT}, manifest)
    made = msgspec.json.decode(raw, type=Followed)
    if session.terminal.form == "name":
        session.terminal.say(made.name)
    if session.terminal.tells:
        session.terminal.say(f"{made.name} created")
    if wait:
        raw = await _followed(session, made)
    if session.terminal.form in ("json", "yaml"):
        session.terminal.show(_less_managed_fields(raw), lambda _: ())
    return 0 if not wait or msgspec.json.decode(raw, type=Followed).status.is_true(COMPLETE) else 1


async def _followed(session: Session, made: Followed) -> bytes:
    """The operation as it ended. Who stops waiting is told how to call it back."""
    try:
        return await _until_ended(session, made)
    except asyncio.CancelledError:
        session.terminal.note(calling_back(made))
        raise


async def _until_ended(session: Session, made: Followed) -> bytes:
    """A break of the connection is waited out."""
    looked, told = 0.0, ""
    while True:
        try:
            raw = await get(session.client, Key(OPERATION, made.metadata.namespace, made.metadata.name))
        except ApiError as error:
            if not error.passing:
                raise
            await asyncio.sleep(LOOK_SECONDS)
            continue
        if raw is None:
            raise PluginError(f"{made.name} was deleted meanwhile, which calls it back")
        found = msgspec.json.decode(raw, type=Followed)
        told = _tell(session, found, told)
        if found.status.finished:
            return bytes(raw)
        looked += LOOK_SECONDS
        if not told and looked == PATIENCE_SECONDS:
            session.terminal.note(f"Vireo has not looked at {made.name} yet. See whether it runs: {LOOK_FOR_IT}")
        await asyncio.sleep(LOOK_SECONDS)


def _tell(session: Session, found: Followed, told: str) -> str:
    """What is so now, if it was not told already; beside the answer where that is for programs."""
    now = progress(found, session.terminal.style)
    if now and now != told:
        (session.terminal.say if session.terminal.tells else session.terminal.note)(now)
    return now or told


def _less_managed_fields(raw: bytes) -> Any:
    """The object as kubectl prints it."""
    found = msgspec.json.decode(raw)
    found["metadata"].pop("managedFields", None)
    return found
