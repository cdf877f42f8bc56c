"""Operators as processes of their own, of which one leads; and what the API server's audit log says that each wrote."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).parents[3]
NAMESPACE: Final = "default"


@dataclass
class Replica:
    """One `vireo run`. `identity` is the one that it has in the Lease, once that is known."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, kubeconfig: str, lease: str, log: Path) -> "Replica":
        place = (f"--leader-elect-resource-namespace={NAMESPACE}", f"--leader-elect-resource-name={lease}")
        command = (sys.executable, "-m", "vireo.process.main", "run", f"--kubeconfig={kubeconfig}", "--port=0", *place)
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(PROJECT / "operator")}, stderr=file, stdout=file
            )
        return cls(process, log)

    @property
    def identity(self) -> str:
        """As it says itself when it leads; empty before."""
        for line in self.log.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                message: str = json.loads(line)["message"]
                if message.endswith(" leads"):
                    return message.removesuffix(" leads")
        return ""

    @property
    def stands_by(self) -> bool:
        return "waiting for the lead" in self.log.read_text()

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """As a kubelet does."""
        self.process.terminate()
        self.process.wait(timeout=30)


def written(audit_log: Path, since: int, namespace: str) -> Iterator[tuple[str, str, int]]:
    """What operators wrote in a namespace: (the agent's name, verb and resource, the answer's code), in the log's order."""
    with audit_log.open("rb") as file:
        file.seek(since)
        for line in file:
            event: dict[str, Any] = json.loads(line)
            about = event.get("objectRef", {})
            if about.get("namespace") == namespace and event.get("userAgent", "").startswith("vireo ("):
                agent = event["userAgent"].removeprefix("vireo (").removesuffix(")")
                yield agent, f"{event['verb']} {about['resource']}", event.get("responseStatus", {}).get("code", 0)
