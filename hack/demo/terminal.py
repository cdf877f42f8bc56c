"""The terminal of the demo: what is typed is shown, and what comes back, with the time since the beginning."""

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field

from cloud.settings import Settings
from cloud.steps import Failure

TIMEOUT = 300  # seconds for one command: kubectl's own --timeout is shorter and says more


@dataclass(frozen=True)
class Terminal:
    """A shell in one namespace of the cloud."""

    settings: Settings
    namespace: str
    _began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """A sentence of the story."""
        line = f"{time.monotonic() - self._began:6.1f} s  {text}"
        print(f"\n\033[1m{line}\033[0m" if sys.stdout.isatty() else f"\n{line}", flush=True)

    def show(self, text: str) -> None:
        """Words of a guest, set off from those of the shell."""
        for line in text.strip().splitlines():
            print(f"  │ {line.rstrip()}", flush=True)

    def kubectl(self, *arguments: str, given: str = "") -> str:
        """Runs kubectl and shows it with what it is given and its answer. Raises Failure with its words."""
        document = f" <<'END'\n{given.rstrip()}\nEND" if given else ""
        print(f"$ kubectl {shlex.join(arguments)}{document}", flush=True)
        answer = self.ask(*arguments, given=given)
        print(answer, end="", flush=True)
        return answer

    def ask(self, *arguments: str, given: str = "") -> str:
        """The same, in silence."""
        verb, *others = arguments  # a flag before the name of a plugin is refused
        command = [str(self.settings.bin / "kubectl"), verb, "--namespace", self.namespace, *others]
        plugins = f"{self.settings.bin}{os.pathsep}{os.environ.get('PATH', '')}"
        environment = {**os.environ, "KUBECONFIG": str(self.settings.kubeconfig), "PATH": plugins}
        done = subprocess.run(
            command, env=environment, input=given, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
        if done.returncode:
            raise Failure(
                f"{shlex.join(command)}: {done.stderr.strip()}", advice=f"kubectl -n {self.namespace} describe vireo"
            )
        return done.stdout
