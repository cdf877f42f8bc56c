"""A session: what a subcommand is given. The cluster is found as kubectl finds it."""

import argparse
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from vireo.api.resources import VIRTUAL_MACHINE, Key
from vireo.kube.client import Client, context_names
from vireo.plugin.failure import PluginError
from vireo.plugin.terminal import Terminal

AGENT: Final = "kubectl-vireo"
"""What an audit log says of it, and whose the fields are that it writes."""
NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
USUAL_KUBECONFIG: Final = Path("~/.kube/config")


@dataclass(frozen=True)
class Session:
    """`asked` is what was typed, `namespace` where it is meant."""

    client: Client
    asked: argparse.Namespace
    terminal: Terminal
    now: Callable[[], datetime]
    namespace: str

    @property
    def machine(self) -> Key:
        """The VirtualMachine that was typed. Raises PluginError where that is no name."""
        return Key(VIRTUAL_MACHINE, self.namespace, checked(self.asked.vm))


def checked(name: str) -> str:
    """The name of an object, which becomes a part of a path. Raises PluginError for anything else."""
    if not NAME.fullmatch(name):
        raise PluginError(f"{name!r} is no name of an object: small letters, digits, - and . make one, such as web-1")
    return name


async def connect(kubeconfig: str, context: str) -> Client:
    """By the kubeconfig and the context that are named; else by the usual ones, or the account of the pod. Raises ApiError."""
    return await Client.connect(agent=AGENT, kubeconfig=_found(kubeconfig), context=context)


def contexts(kubeconfig: str) -> list[str]:
    """The names of the kubeconfig's contexts. Raises ApiError."""
    return context_names(_found(kubeconfig))


def _found(kubeconfig: str) -> str:
    """The one that is named, that of $KUBECONFIG, the usual file; empty where there is none."""
    usual = USUAL_KUBECONFIG.expanduser()
    return kubeconfig or os.environ.get("KUBECONFIG") or (str(usual) if usual.is_file() else "")
