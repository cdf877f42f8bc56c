"""ArgoCD's own packages as the tests ask them."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cloud.build import binary

PROJECT: Final = Path(__file__).parents[2]
HEALTH: Final = PROJECT / "deploy/argocd/health.yaml"
MANAGER: Final = "argocd-controller"
"""By whose name ArgoCD applies."""

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Health:
    """What ArgoCD shows of an object: Healthy, Progressing or Degraded, and why."""

    status: str
    message: str = ""


@dataclass(frozen=True)
class Applied:
    """An object as it stands in git, as it is in the cluster, and as a dry run of the next apply says that it would be."""

    config: Object
    live: Object
    dry_run: Object

    def wire(self) -> Object:
        return {"config": self.config, "live": self.live, "dryRun": self.dry_run}


def health(objects: Iterable[Object]) -> list[Health]:
    """By the health checks of deploy/."""
    return [Health(**one) for one in _asked("health", HEALTH, list(objects))]


def differences(kubeconfig: str | Path, applied: Sequence[Applied]) -> dict[str, Object]:
    """What ArgoCD would call OutOfSync, by its kind and name, with what it would show of it."""
    answers = _asked("diff", kubeconfig, [one.wire() for one in applied])
    names = [f"{one.config['kind']} {one.config['metadata']['name']}" for one in applied]
    return {name: said for name, said in zip(names, answers, strict=True) if said["applied"] or said["dryRun"]}


def _asked(command: str, about: str | Path, questions: Sequence[Object]) -> list[Any]:
    asked = [str(binary("argo-cd-engine")), command, str(about)]
    done = subprocess.run(asked, input=json.dumps(questions), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
